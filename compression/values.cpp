#include "compression/values.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "brume/error.hpp"

namespace brume::compression {

namespace {

constexpr float kMostScale = 0x1p100F;    // what is computed with it stays finite
constexpr double kLeastScale = 0x1p-100;  // and so does what is divided by it

}  // namespace

void put_value(std::vector<std::byte>& side, float value) {
  if (!(std::fabs(value) < kMostScale)) throw Error("an update holds values beyond 2^100: training diverged");
  const auto bytes = std::as_bytes(std::span(&value, 1));
  side.insert(side.end(), bytes.begin(), bytes.end());
}

std::vector<float> take_values(std::vector<std::byte>& side, std::size_t count) {
  const std::size_t bytes = count * sizeof(float);
  if (side.size() < bytes) throw FormatError("a block lacks a scale");
  std::vector<float> values(count);
  if (count > 0) std::memcpy(values.data(), side.data() + side.size() - bytes, bytes);
  for (const float value : values)
    if (!(std::fabs(value) < kMostScale)) throw FormatError("a scale is out of range");
  side.resize(side.size() - bytes);
  return values;
}

void put_scale(std::vector<std::byte>& side, float scale) {
  if (!(scale >= 0)) throw Error("an update holds values that are not finite: training diverged");
  put_value(side, scale);
}

float take_scale(std::vector<std::byte>& side) {
  const float scale = take_values(side, 1).front();
  if (!(scale >= 0)) throw FormatError("a scale is out of range");
  return scale;
}

std::vector<float> take_scales(std::vector<std::byte>& side, std::size_t count) {
  std::vector<float> scales(count);
  for (auto scale = scales.rbegin(); scale != scales.rend(); ++scale) *scale = take_scale(side);
  return scales;
}

std::int8_t mean_shift(std::int64_t sum, std::int64_t count, double units) {
  if (count == 0) return 0;
  const auto mean = std::lround(static_cast<double>(sum) / units / static_cast<double>(count));
  return static_cast<std::int8_t>(std::clamp(mean, -127L, 127L));
}

void put_shifts(std::vector<std::byte>& side, std::span<const std::int8_t> shifts) {
  for (const auto shift : shifts) side.push_back(static_cast<std::byte>(shift));
}

void take_shifts(std::vector<std::byte>& side, std::span<std::int8_t> shifts) {
  if (side.size() < shifts.size()) throw FormatError("a block lacks its shifts");
  const std::size_t first = side.size() - shifts.size();
  for (std::size_t i = 0; i < shifts.size(); ++i) shifts[i] = static_cast<std::int8_t>(side[first + i]);
  side.resize(first);
}

float step_size(const Extent& extent, std::size_t count, double step, double most) {
  if (count == 0) return 0;
  const double mean = extent.sum / static_cast<double>(count);
  const double size = std::max(step * std::sqrt(mean), static_cast<double>(extent.largest) / most);
  return size < kLeastScale ? 0 : static_cast<float>(size);
}

Stream shared_stream(const Block& block, std::uint8_t stage) {
  return {block.seed, Purpose::shared_codec, block.index, stage};
}

}  // namespace brume::compression
