#include "compression/sources.hpp"

#include <array>
#include <cassert>
#include <cmath>

#include "brume/random.hpp"

namespace brume::compression {

namespace {

struct Point {
  double bits;
  double distortion;
};

// On 701 points.
constexpr std::array<Point, 14> kLaplace{{{0.1777, .71589},
                                          {0.4081, .50387},
                                          {0.6933, .33440},
                                          {1.0017, .21679},
                                          {1.3185, .13938},
                                          {1.6383, .08937},
                                          {1.9593, .05724},
                                          {2.2808, .03665},
                                          {2.6025, .02346},
                                          {2.9243, .01501},
                                          {3.2462, .00961},
                                          {3.5681, .00615},
                                          {3.8900, .00394},
                                          {4.3729, .00202}}};
// On 1,401 points.
constexpr std::array<Point, 14> kGeneralised{{{0.0716, .70213},
                                              {0.1473, .56099},
                                              {0.2651, .42353},
                                              {0.4278, .30446},
                                              {0.6330, .21036},
                                              {0.8745, .14100},
                                              {1.1447, .09243},
                                              {1.4362, .05965},
                                              {1.7428, .03807},
                                              {2.0598, .02413},
                                              {2.3838, .01521},
                                              {2.7124, .00956},
                                              {3.3777, .00376},
                                              {4.0483, .00147}}};

// log D is nearly linear in R from one point to the next.
std::optional<double> between(std::span<const Point> points, double distortion) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto& [r0, d0] = points[i - 1];
    const auto& [r1, d1] = points[i];
    if (distortion <= d0 && distortion >= d1) return r0 + (r1 - r0) * std::log(distortion / d0) / std::log(d1 / d0);
  }
  return std::nullopt;
}

double exponential(Stream& stream) { return -std::log1p(-stream.uniform()); }
double with_sign(Stream& stream, double magnitude) { return stream.next() % 2 == 0 ? magnitude : -magnitude; }

double one(const std::string& name, Stream& stream) {
  if (name == "gaussian") return stream.normal();
  if (name == "laplace") return with_sign(stream, exponential(stream)) / std::sqrt(2.0);
  const double gamma = exponential(stream) + exponential(stream);  // |x| = g², whose mean square is 120
  return with_sign(stream, gamma * gamma) / std::sqrt(120.0);
}

}  // namespace

std::vector<std::string> source_names() { return {"gaussian", "laplace", "ggd"}; }

std::vector<float> draw(const std::string& name, std::size_t count, std::uint64_t seed) {
  assert(name == "gaussian" || name == "laplace" || name == "ggd");
  Stream stream(seed, Purpose::generate, 77);
  std::vector<float> x(count);
  for (float& value : x) value = static_cast<float>(one(name, stream));
  return x;
}

double nmse(std::span<const float> x, std::span<const float> y) {
  assert(x.size() == y.size());
  double error = 0;
  double square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = static_cast<double>(y[i]) - static_cast<double>(x[i]);
    error += difference * difference;
    square += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  return error > 0 ? error / square : 0;
}

std::optional<double> shannon_bits(const std::string& name, double nmse) {
  if (!(nmse > 0 && nmse < 1)) return std::nullopt;
  if (name == "gaussian") return -0.5 * std::log2(nmse);
  if (name == "laplace") return between(kLaplace, nmse);
  if (name == "ggd") return between(kGeneralised, nmse);
  return std::nullopt;
}

}  // namespace brume::compression
