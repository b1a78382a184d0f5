#include "records/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace brume::records {

namespace {

constexpr double kWidth = 420, kHeight = 240, kLeft = 52, kRight = 12, kTop = 28, kBottom = 40;

struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;
};

// Round numbers that cover [low, high] in about five steps of 1, 2 or 5 times a power of ten.
Axis axis_for(double low, double high) {
  if (!(high > low)) high = low + std::max(1.0, std::fabs(low));
  const double rough = (high - low) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double factor = rough / power;
  const double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
  return {std::floor(low / step) * step, std::ceil(high / step) * step, step};
}

double place(const Axis& axis, double value, double from, double to) {
  return from + (value - axis.low) / (axis.high - axis.low) * (to - from);
}

}  // namespace

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (const char character : text) {
    switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += character;
    }
  }
  return escaped;
}

std::string svg(const Chart& chart) {
  if (chart.points.empty()) return "";
  auto [lowest, highest] = std::minmax_element(chart.points.begin(), chart.points.end(),
                                               [](const Point& a, const Point& b) { return a.y < b.y; });
  double low = lowest->y;
  double high = highest->y;
  if (chart.marked >= 0) {
    low = std::min(low, chart.marked);
    high = std::max(high, chart.marked);
  }
  const Axis x = axis_for(0, chart.points.back().x);
  const Axis y = axis_for(low, high);
  const auto px = [&](double value) { return place(x, value, kLeft, kWidth - kRight); };
  const auto py = [&](double value) { return place(y, value, kHeight - kBottom, kTop); };
  std::string out = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth, kHeight,
                                escape_html(chart.title));
  out += fmt::format("<text x=\"{}\" y=\"16\" class=\"title\">{}</text>", kLeft, escape_html(chart.title));
  for (double tick = y.low; tick <= y.high + y.step / 2; tick += y.step)
    out += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/><text class=\"y\" x=\"{}\" "
        "y=\"{:.1f}\">{:.4g}</text>",
        kLeft, kWidth - kRight, py(tick), py(tick), kLeft - 6, py(tick) + 4, tick);
  for (double tick = x.low; tick <= x.high + x.step / 2; tick += x.step)
    out += fmt::format("<text class=\"x\" x=\"{:.1f}\" y=\"{}\">{:.4g}</text>", px(tick), kHeight - kBottom + 16, tick);
  out += fmt::format("<text class=\"x\" x=\"{}\" y=\"{}\">{}</text>", (kLeft + kWidth - kRight) / 2, kHeight - 6,
                     escape_html(chart.x_label));
  if (chart.marked >= 0)
    out += fmt::format("<line class=\"mark\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft, kWidth - kRight,
                       py(chart.marked), py(chart.marked));
  out += "<polyline points=\"";
  for (const auto& point : chart.points) out += fmt::format("{:.1f},{:.1f} ", px(point.x), py(point.y));
  return out + "\"/></svg>";
}

}  // namespace brume::records
