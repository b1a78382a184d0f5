#include "records/rate_distortion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "records/chart.hpp"

namespace brume::records {

namespace {

constexpr double kWidth = 860, kHeight = 520, kLeft = 70, kRight = 230, kTop = 40, kBottom = 50;
constexpr const char* kColours[] = {"#c0392b", "#2471a3", "#1e8449", "#7d3c98", "#b9770e",
                                    "#5d6d7e", "#16a0d0", "#a04000", "#2e4053"};

struct Range {
  double low;
  double high;
};

// Logarithms of what is drawn, to whole powers of the base.
template <class Of>
Range range_of(const RatePicture& picture, double base, Of of) {
  Range range{1e300, -1e300};
  const auto take = [&](const RateCurve& curve) {
    for (const auto& point : curve.points) {
      if (!(point.bits > 0 && point.nmse > 0)) continue;
      const double value = std::log(of(point)) / std::log(base);
      range = {std::min(range.low, value), std::max(range.high, value)};
    }
  };
  for (const auto& curve : picture.curves) take(curve);
  if (range.low > range.high) return {0, 1};
  return {std::floor(range.low), std::max(std::floor(range.low) + 1, std::ceil(range.high))};
}

struct Canvas {
  Range x;
  Range y;
  double px(double bits) const {
    return kLeft + (std::log2(bits) - x.low) / (x.high - x.low) * (kWidth - kLeft - kRight);
  }
  double py(double nmse) const {
    return kHeight - kBottom - (std::log10(nmse) - y.low) / (y.high - y.low) * (kHeight - kTop - kBottom);
  }
  bool shows(const RatePoint& point) const {
    return point.bits > 0 && point.nmse > 0 && std::log2(point.bits) >= x.low && std::log2(point.bits) <= x.high &&
           std::log10(point.nmse) >= y.low && std::log10(point.nmse) <= y.high;
  }
};

std::string axes(const Canvas& canvas) {
  std::string out;
  for (double tick = canvas.x.low; tick <= canvas.x.high; ++tick) {
    const double at = canvas.px(std::exp2(tick));
    out += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>", at, kTop,
                       kHeight - kBottom);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.3g}</text>\n", at, kHeight - kBottom + 18,
                       std::exp2(tick));
  }
  for (double tick = canvas.y.low; tick <= canvas.y.high; ++tick) {
    const double at = canvas.py(std::pow(10, tick));
    out += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>", kLeft,
                       kWidth - kRight, at);
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.0e}</text>\n", kLeft - 6, at + 4,
                       std::pow(10, tick));
  }
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">bits an element</text>",
                     (kLeft + kWidth - kRight) / 2, kHeight - 12);
  return out + fmt::format("<text x=\"{0}\" y=\"{1}\">error (NMSE)</text>\n", kLeft, kTop - 8);
}

std::string line(const RateCurve& curve, const Canvas& canvas, const std::string& style, bool dots) {
  std::string points;
  std::string marks;
  for (const auto& point : curve.points) {
    if (!canvas.shows(point)) continue;
    points += fmt::format("{:.1f},{:.1f} ", canvas.px(point.bits), canvas.py(point.nmse));
    if (dots)
      marks += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" style=\"{};fill:white\"><title>{}: {:.3g} bits, "
          "{:.3g}</title></circle>",
          canvas.px(point.bits), canvas.py(point.nmse), style, escape_html(curve.name), point.bits, point.nmse);
  }
  return fmt::format("<polyline fill=\"none\" style=\"{}\" points=\"{}\"/>{}\n", style, points, marks);
}

std::string legend(std::size_t row, const std::string& name, const std::string& style) {
  const double y = kTop + 12 + 20.0 * static_cast<double>(row);
  const double x = kWidth - kRight + 14;
  return fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" style=\"{}\"/><text x=\"{}\" y=\"{}\">{}</text>\n",
                     x, x + 24, y - 4, y - 4, style, x + 30, y, escape_html(name));
}

}  // namespace

std::string svg(const RatePicture& picture) {
  const Canvas canvas{range_of(picture, 2, [](const RatePoint& point) { return point.bits; }),
                      range_of(picture, 10, [](const RatePoint& point) { return point.nmse; })};
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n"
      "<style>text{{font:12px sans-serif;fill:#333}}.grid{{stroke:#ddd}}</style>"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{}\" y=\"18\" font-weight=\"bold\">{}</text>\n",
      kWidth, kHeight, escape_html(picture.title), kLeft, escape_html(picture.title));
  out += axes(canvas);
  std::size_t row = 0;
  if (!picture.bound.points.empty()) {
    const std::string style = "stroke:#333;stroke-dasharray:5 4;stroke-width:1.5";
    out += line(picture.bound, canvas, style, false) + legend(row++, picture.bound.name, style);
  }
  for (std::size_t i = 0; i < picture.curves.size(); ++i) {
    const auto style = fmt::format("stroke:{};stroke-width:1.5", kColours[i % std::size(kColours)]);
    out += line(picture.curves[i], canvas, style, true) + legend(row++, picture.curves[i].name, style);
  }
  return out + "</svg>\n";
}

}  // namespace brume::records
