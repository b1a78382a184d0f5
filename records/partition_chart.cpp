#include "records/partition_chart.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "records/chart.hpp"

namespace brume::records {

namespace {

constexpr double kWidth = 900, kHeight = 320, kLeft = 60, kRight = 120, kTop = 30, kBottom = 40;
constexpr std::size_t kLegend = 20;  // classes that are named

// Hues far apart from one class to the next, by the golden angle.
std::string colour_of(std::size_t of_class) {
  return fmt::format("hsl({:.0f} 60% {}%)",
                     static_cast<double>(of_class % 360) * 137.5 - 360.0 * static_cast<double>(of_class * 1375 / 3600),
                     of_class % 2 == 0 ? 45 : 65);
}

std::string bar(double x, double y, double width, double height, const std::string& colour, const std::string& title) {
  return fmt::format(
      "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\"><title>{}</title></rect>\n", x, y,
      width, height, colour, title);
}

std::string legend(std::size_t classes) {
  std::string out;
  for (std::size_t c = 0; c < std::min(classes, kLegend); ++c) {
    const double y = kTop + 14 * static_cast<double>(c);
    out += bar(kWidth - kRight + 12, y, 10, 10, colour_of(c), "");
    out += fmt::format("<text x=\"{}\" y=\"{}\">class {}</text>\n", kWidth - kRight + 27, y + 9, c);
  }
  return out;
}

}  // namespace

std::string svg(const std::vector<Holding>& devices, const std::string& title) {
  std::uint64_t most = 1;
  std::size_t classes = 0;
  for (const auto& device : devices) {
    most = std::max(most, device.examples);
    classes = std::max(classes, device.by_class.size());
  }
  const double step = (kWidth - kLeft - kRight) / static_cast<double>(std::max<std::size_t>(1, devices.size()));
  const double scale = (kHeight - kTop - kBottom) / static_cast<double>(most);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" "
      "font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{}\" y=\"18\" font-size=\"13\">{}</text>\n",
      kWidth, kHeight, kWidth, kHeight, kLeft, escape_html(title));
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto& device = devices[i];
    auto parts = device.by_class;
    if (parts.empty()) parts = {device.examples};
    double y = kHeight - kBottom;
    for (std::size_t c = 0; c < parts.size(); ++c) {
      if (parts[c] == 0) continue;
      const double height = scale * static_cast<double>(parts[c]);
      y -= height;
      const auto of_class = device.by_class.empty() ? std::string() : fmt::format(" of class {}", c);
      out += bar(kLeft + step * static_cast<double>(i), y, std::max(0.5, step * 0.9), height, colour_of(c),
                 fmt::format("device {}: {}{}", device.device, parts[c], of_class));
    }
  }
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", kLeft - 6, kTop + 8, most);
  out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">0</text>\n", kLeft - 6, kHeight - kBottom);
  out += fmt::format("<text x=\"{}\" y=\"{}\">examples of {} devices</text>\n", kLeft, kHeight - 14, devices.size());
  return out + legend(classes) + "</svg>\n";
}

}  // namespace brume::records
