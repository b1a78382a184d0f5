#include "compression/eden.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/hadamard.hpp"
#include "compression/rotation.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

// Centroids of a standard normal variable above zero, for 2^bits levels (Lloyd 1957, Max 1960), iterated to 10⁻⁷.
constexpr std::array<float, 1> kOneBit{0.7978846F};
constexpr std::array<float, 2> kTwoBits{0.4527800F, 1.5104176F};
constexpr std::array<float, 4> kThreeBits{0.2450942F, 0.7560053F, 1.3439093F, 2.1519457F};
constexpr std::array<float, 8> kFourBits{0.1283950F, 0.3880483F, 0.6567591F, 0.9423405F,
                                         1.2562312F, 1.6180464F, 2.0690172F, 2.7325896F};

std::span<const float> centroids(std::int64_t bits) {
  switch (bits) {
    case 1:
      return kOneBit;
    case 2:
      return kTwoBits;
    case 3:
      return kThreeBits;
    default:
      return kFourBits;
  }
}

// Symbol s ≥ 0 is centroid s, −1 − s the same with a minus.
std::int32_t nearest(float x, std::span<const float> centroids) {
  const float magnitude = std::fabs(x);
  std::int32_t index = 0;
  for (std::size_t i = 1; i < centroids.size(); ++i) index += magnitude > (centroids[i - 1] + centroids[i]) / 2 ? 1 : 0;
  return x < 0 ? -1 - index : index;
}

float centroid(std::int32_t symbol, std::span<const float> centroids) {
  return symbol < 0 ? -centroids[static_cast<std::size_t>(-1 - symbol)] : centroids[static_cast<std::size_t>(symbol)];
}

constexpr double kLeastSquare = 0x1p-200;  // a shorter part counts as zero

double square_of(std::span<const float> values) {
  double square = 0;
  for (const float value : values) square += static_cast<double>(value) * value;
  return square < kLeastSquare ? 0 : square;
}

}  // namespace

void Eden::declare(Options& options) {
  options.integer({"bits", "of each element"}, bits_, Range::between(1, 4));
  options.word({"scale", "unbiased, or with the least error, which needs error feedback"}, scale_,
               {"unbiased", "least_error"});
}

std::vector<std::byte> Eden::parameters() const { return {static_cast<std::byte>(bits_)}; }

void Eden::set_parameters(std::span<const std::byte> parameters) {
  if (parameters.size() != 1 || parameters[0] < std::byte{1} || parameters[0] > std::byte{4})
    throw FormatError("stage 'eden' has invalid parameters");
  bits_ = std::to_integer<std::int64_t>(parameters[0]);
}

void Eden::encode(Block& block, Stream& stream, State& /*state*/) const {
  require_finite(block.values);
  auto shared = shared_stream(block, id());
  const auto levels = centroids(bits_);
  block.symbols.assign(block.values.size() - tail_of(block.values.size()), 0);
  block.symbol_bits = static_cast<int>(bits_);
  for_each_part(block.values.size(), [&](std::size_t first, std::size_t size) {
    const auto part = std::span(block.values).subspan(first, size);
    const double square = square_of(part);
    // ‖Hx‖² = d‖x‖²: of x / ‖x‖ it has the variance that the centroids are for.
    const auto to_unit = square > 0 ? static_cast<float>(1 / std::sqrt(square)) : 0.0F;
    for (float& value : part) value *= to_unit;
    flip_signs(part, random_signs(shared, size));
    walsh_hadamard(part);
    double along = 0;   // ⟨r, c⟩, of r with ‖r‖² = d
    double length = 0;  // ‖c‖²
    for (std::size_t i = 0; i < size; ++i) {
      const float r = part[i];
      const auto symbol = nearest(r, levels);
      const double c = centroid(symbol, levels);
      along += static_cast<double>(r) * c;
      length += c * c;
      block.symbols[first + i] = symbol;
    }
    const double factor = scale_ == "unbiased" ? static_cast<double>(size) / along : along / length;
    put_scale(block.side,
              square > 0 ? static_cast<float>(factor * std::sqrt(square / static_cast<double>(size))) : 0.0F);
  });
  put_tail(block.values, stream, block.side);
}

void Eden::decode(Block& block) const {
  const auto tail = take_tail(block.side);
  const std::size_t count = block.symbols.size() + tail.size();
  if (tail_of(count) != tail.size()) throw FormatError("a block has a wrong number of symbols");
  const auto levels = centroids(bits_);
  auto shared = shared_stream(block, id());
  const auto scales = take_scales(block.side, parts_of(count));
  block.values.resize(count);
  std::copy(tail.begin(), tail.end(), block.values.end() - static_cast<std::ptrdiff_t>(tail.size()));
  std::size_t part_index = 0;
  for_each_part(count, [&](std::size_t first, std::size_t size) {
    const auto part = std::span(block.values).subspan(first, size);
    const float scale = scales[part_index++];
    for (std::size_t i = 0; i < size; ++i) part[i] = centroid(block.symbols[first + i], levels);
    walsh_hadamard(part);
    flip_signs(part, random_signs(shared, size));
    const auto factor = static_cast<float>(static_cast<double>(scale) / std::sqrt(static_cast<double>(size)));
    for (float& value : part) value *= factor;
  });
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Eden::cost(std::size_t /*count*/, Cost before) const {
  const std::size_t parts =
      before.varies ? static_cast<std::size_t>(std::bit_width(before.values)) : parts_of(before.values);
  const std::size_t tail = before.varies ? 0 : tail_of(before.values);
  return {before.side_bytes + sizeof(float) * parts + tail_bytes(before.values, before.varies), before.values - tail,
          static_cast<int>(bits_), before.varies};
}

}  // namespace brume::compression
