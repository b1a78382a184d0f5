#include "brume/random.hpp"

#include <cassert>
#include <cmath>
#include <numbers>

#include "core/philox.hpp"

namespace brume {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint64_t high, std::uint64_t low) {
  const std::array<std::uint32_t, 2> seed_key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  const auto mixed = philox4x32({static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32),
                                 static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32)},
                                seed_key);
  key_ = {mixed[0], mixed[1]};
  counter_ = {0, static_cast<std::uint32_t>(purpose), mixed[2], mixed[3]};
}

void Stream::refill() {
  block_ = philox4x32(counter_, key_);
  assert(counter_[0] != 0xFFFFFFFFU && "a stream has 2^34 words");
  ++counter_[0];
  used_ = 0;
}

Stream Stream::fork(std::uint64_t index) const {
  Stream child = *this;
  const auto mixed =
      philox4x32({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 0x464F524B, 0}, key_);
  child.key_ = {mixed[0], mixed[1]};
  child.used_ = 4;
  child.has_spare_ = false;
  return child;
}

std::uint32_t Stream::next() {
  if (used_ == 4) refill();
  return block_[used_++];
}

std::uint64_t Stream::next64() {
  const std::uint64_t high = next();
  return high << 32 | next();
}

double Stream::uniform() { return static_cast<double>(next64() >> 11) * 0x1p-53; }

std::uint64_t Stream::below(std::uint64_t bound) {
  assert(bound >= 1);
  using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(next64()) * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (low < threshold) {
      product = static_cast<Wide>(next64()) * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Stream::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

// Marsaglia and Tsang 2000. In logarithms, because small shapes give values that no double holds.
double Stream::log_gamma(double shape) {
  if (shape < 1) {  // boosting: G(a) = G(a + 1) · U^(1/a)
    const double boost = std::log(1.0 - uniform()) / shape;
    return log_gamma(shape + 1) + boost;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

void Stream::fill(std::span<std::uint32_t> words) {
  std::size_t i = 0;
  while (i < words.size() && used_ < 4) words[i++] = block_[used_++];
  const std::size_t blocks = (words.size() - i) / 4;
  philox_blocks(counter_, key_, blocks, words.data() + i);
  counter_[0] += static_cast<std::uint32_t>(blocks);
  i += 4 * blocks;
  while (i < words.size()) words[i++] = next();
}

}  // namespace brume
