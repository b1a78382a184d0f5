#include "compression/values.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "brume/error.hpp"

namespace brume::compression {

namespace {

constexpr float kMostScale = 0x1p100F;  // what is computed with it stays finite

}  // namespace

void require_finite(std::span<const float> values) {
  bool finite = true;
  for (const float value : values) finite = finite && std::fabs(value) < 0x1p126F;
  if (!finite) throw Error("an update holds values that are not finite or beyond 2^126: training diverged");
}

void put_scale(std::vector<std::byte>& side, float scale) {
  if (!(scale < kMostScale)) throw Error("an update holds values beyond 2^100: training diverged");
  const auto bytes = std::as_bytes(std::span(&scale, 1));
  side.insert(side.end(), bytes.begin(), bytes.end());
}

float take_scale(std::vector<std::byte>& side) {
  float scale = 0;
  if (side.size() < sizeof scale) throw FormatError("a block lacks a scale");
  std::memcpy(&scale, side.data() + side.size() - sizeof scale, sizeof scale);
  if (!(scale >= 0 && scale < kMostScale)) throw FormatError("a scale is out of range");
  side.resize(side.size() - sizeof scale);
  return scale;
}

std::vector<float> take_scales(std::vector<std::byte>& side, std::size_t count) {
  std::vector<float> scales(count);
  for (auto scale = scales.rbegin(); scale != scales.rend(); ++scale) *scale = take_scale(side);
  return scales;
}

float step_size(std::span<const float> values, double step, double most) {
  double square = 0;
  double largest = 0;
  for (const float value : values) {
    square += static_cast<double>(value) * value;
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  }
  if (values.empty()) return 0;
  const double wanted = step * std::sqrt(square / static_cast<double>(values.size()));
  return static_cast<float>(std::max(wanted, largest / most));
}

Stream shared_stream(const Block& block, std::uint8_t stage) {
  return {block.seed, Purpose::shared_codec, block.index, stage};
}

void require_symbols(const Block& block, std::size_t count) {
  if (block.symbols.size() != count) throw FormatError("a block has a wrong number of symbols");
}

}  // namespace brume::compression
