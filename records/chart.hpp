#pragma once

#include <string>
#include <vector>

namespace brume::records {

struct Point {
  double x = 0;
  double y = 0;
};

struct Chart {
  std::string title;
  std::string x_label;
  std::vector<Point> points;  ///< in order of x
  double marked = -1;         ///< a horizontal line there if ≥ 0
};

/// A line chart as an SVG element.
std::string svg(const Chart& chart);

/// Text with the characters escaped that HTML and SVG give a meaning.
std::string escape_html(const std::string& text);

}  // namespace brume::records
