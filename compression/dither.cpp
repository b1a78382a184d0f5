#include "compression/dither.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

constexpr int kBits = 16;
constexpr std::int32_t kMost = (1 << (kBits - 1)) - 1;

double centred(std::uint32_t word) { return static_cast<double>(word) * 0x1p-32 - 0.5; }

std::vector<std::uint32_t> shared_words(const Block& block, std::uint8_t stage, std::size_t count) {
  std::vector<std::uint32_t> words(count);
  shared_stream(block, stage).fill(words);
  return words;
}

// u is negative for words below 2^31; |u| in sixteenths of one is what the next three bits say.
bool mirrored(std::uint32_t word) { return word < 0x80000000U; }

std::uint8_t context(std::uint32_t word) {
  const std::uint32_t eighth = word >> 28 & 7;
  return static_cast<std::uint8_t>(mirrored(word) ? 7 - eighth : eighth);
}

void fill_contexts(Block& block, std::span<const std::uint32_t> words) {
  block.contexts.resize(words.size());
  std::transform(words.begin(), words.end(), block.contexts.begin(), context);
}

}  // namespace

void Dither::declare(Options& options) {
  options.number({"step", "Δ, in root mean squares of a block"}, step_, Range{0, 1000, true});
}

std::vector<std::byte> Dither::parameters() const {
  ByteWriter writer;
  writer.f64(step_);
  return writer.take();
}

void Dither::set_parameters(std::span<const std::byte> parameters) {
  ByteReader reader(parameters);
  const double step = reader.f64();
  if (!(step > 0 && step <= 1000) || reader.left() != 0) throw FormatError("stage 'dither' has invalid parameters");
  step_ = step;
}

std::shared_ptr<const Stage> Dither::lessened(double share) const {
  auto less = std::make_shared<Dither>(*this);
  less->step_ /= share;
  return less;
}

void Dither::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  require_finite(block.values);
  const float step = step_size(block.values, step_, kMost - 1);
  put_scale(block.side, step);
  const std::size_t count = block.values.size();
  block.symbols.assign(count, 0);
  block.symbol_bits = kBits;
  const auto words = shared_words(block, id(), count);
  fill_contexts(block, words);
  if (step == 0) return;
  const double inverse = 1 / static_cast<double>(step);
  for (std::size_t i = 0; i < count; ++i) {
    const double k = std::floor(static_cast<double>(block.values[i]) * inverse + centred(words[i]) + 0.5);
    const auto symbol = static_cast<std::int32_t>(std::clamp<double>(k, -kMost, kMost));
    block.symbols[i] = mirrored(words[i]) ? -symbol : symbol;
  }
}

void Dither::set_contexts(Block& block) const { fill_contexts(block, shared_words(block, id(), block.most.values)); }

void Dither::decode(Block& block) const {
  const float step = take_scale(block.side);
  const std::size_t count = block.symbols.size();
  block.values.assign(count, 0);
  if (step > 0) {
    const auto words = shared_words(block, id(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto k = mirrored(words[i]) ? -block.symbols[i] : block.symbols[i];
      block.values[i] = static_cast<float>(static_cast<double>(step) * (k - centred(words[i])));
    }
  }
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Dither::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + sizeof(float), before.values, kBits, before.varies};
}

}  // namespace brume::compression
