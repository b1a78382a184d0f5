#pragma once

#include <string>
#include <vector>

namespace brume::records {

struct RatePoint {
  double bits = 0;  ///< an element
  double nmse = 0;
};

struct RateCurve {
  std::string name;
  std::vector<RatePoint> points;  ///< in order
};

struct RatePicture {
  std::string title;
  RateCurve bound;  ///< drawn as a dashed line; none if it has no points
  std::vector<RateCurve> curves;
};

/// A picture of rates and distortions, both on logarithmic axes, as an SVG document. Points without an error (lossless
/// chains) lie beyond the axis and are left out.
std::string svg(const RatePicture& picture);

}  // namespace brume::records
