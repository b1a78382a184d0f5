#include "compression/top_k.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/ascending.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

// For non-negative floats the order of the bits is the order of the values.
std::uint32_t magnitude(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFF; }

constexpr std::uint32_t kInfinity = 0x7F800000;

std::uint32_t kth_largest(std::span<const float> values, std::size_t k) {
  std::vector<std::uint32_t> magnitudes(values.size());
  std::transform(values.begin(), values.end(), magnitudes.begin(), magnitude);
  const auto place = magnitudes.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(magnitudes.begin(), place, magnitudes.end(), std::greater<>());
  return *place;
}

// Everything above the k-th magnitude, and of those equal to it the first ones.
std::vector<std::uint32_t> largest(std::span<const float> values, std::size_t k) {
  const std::uint32_t threshold = kth_largest(values, k);
  const auto above = std::count_if(values.begin(), values.end(), [&](float v) { return magnitude(v) > threshold; });
  std::size_t equal_left = k - static_cast<std::size_t>(above);
  std::vector<std::uint32_t> positions;
  positions.reserve(k);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto size = magnitude(values[i]);
    if (size < threshold || (size == threshold && equal_left == 0)) continue;
    if (size == threshold) --equal_left;
    positions.push_back(static_cast<std::uint32_t>(i));
  }
  return positions;
}

}  // namespace

void TopK::declare(Options& options) {
  options.number({"fraction", "of the elements that is sent"}, fraction_, Range{0, 1, true});
}

std::vector<std::byte> TopK::parameters() const {
  ByteWriter writer;
  writer.f64(fraction_);
  return writer.take();
}

void TopK::set_parameters(std::span<const std::byte> parameters) {
  ByteReader reader(parameters);
  const double fraction = reader.f64();
  if (!(fraction > 0 && fraction <= 1) || reader.left() != 0) throw FormatError("stage 'top_k' has invalid parameters");
  fraction_ = fraction;
}

std::size_t TopK::kept(std::size_t count) const {
  const auto share = static_cast<std::size_t>(std::ceil(fraction_ * static_cast<double>(count)));
  return std::clamp<std::size_t>(share, 1, count);
}

void TopK::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  if (std::any_of(block.values.begin(), block.values.end(), [](float v) { return magnitude(v) >= kInfinity; }))
    throw Error("an update holds values that are not finite: training diverged");
  const auto positions = largest(block.values, kept(block.count));
  const std::size_t before = block.side.size();
  block.side.resize(before + ascending_bytes(positions.size(), block.count));
  pack_ascending(positions, block.count, std::span(block.side).subspan(before));
  for (std::size_t i = 0; i < positions.size(); ++i) block.values[i] = block.values[positions[i]];
  block.values.resize(positions.size());
}

void TopK::decode(Block& block) const {
  const std::size_t count = kept(block.count);
  const std::size_t side = ascending_bytes(count, block.count);
  if (block.values.size() != count || block.side.size() < side)
    throw FormatError("a block has another number of values than positions");
  const auto positions = unpack_ascending(std::span(block.side).last(side), count, block.count);
  block.side.resize(block.side.size() - side);
  std::vector<float> values(block.count);
  for (std::size_t i = 0; i < count; ++i) values[positions[i]] = block.values[i];
  block.values = std::move(values);
}

Stage::Cost TopK::cost(std::size_t count, Cost before) const {
  return {before.side_bytes + ascending_bytes(kept(count), count), kept(count), before.symbol_bits};
}

}  // namespace brume::compression
