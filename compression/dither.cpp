#include "compression/dither.hpp"

#include "brume/error.hpp"
#include "compression/dither_kernels.hpp"
#include "compression/values.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

constexpr int kBits = 16;
constexpr std::int32_t kMost = (1 << (kBits - 1)) - 1;

std::vector<std::uint32_t> shared_words(const Block& block, std::uint8_t stage, std::size_t count) {
  std::vector<std::uint32_t> words(count);
  shared_stream(block, stage).fill(words);
  return words;
}

void fill_contexts(Block& block, std::span<const std::uint32_t> words) {
  block.contexts.resize(words.size());
  dither_contexts(words, block.contexts);
}

}  // namespace

void Dither::declare(Options& options) {
  options.number({"step", "Δ, in root mean squares of a block"}, step_, Range{0, 1000, true});
}

// An element is off by half a step, which is `step` root mean squares, or a share of the largest value of a block.
CodecTraits Dither::traits() const {
  constexpr double kRootOfBlock = 256;
  return {.unbiased = true,
          .shared_randomness = true,
          .coarse = step_ > 3,
          .most_error = 0.5 * (step_ + kRootOfBlock / (kMost - 1))};
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

std::shared_ptr<const Stage> Dither::scaled(double times) const {
  auto other = std::make_shared<Dither>(*this);
  other->step_ /= times;
  return other;
}

void Dither::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  const float step = step_size(extent_of_squares(block.values), block.values.size(), step_, kMost - 1);
  put_scale(block.side, step);
  const std::size_t count = block.values.size();
  block.symbols.assign(count, 0);
  block.symbol_bits = kBits;
  const auto words = shared_words(block, id(), count);
  fill_contexts(block, words);
  if (step == 0) return;
  dither(block.values, words, 1 / static_cast<double>(step), kMost, block.symbols);
}

void Dither::set_contexts(Block& block) const {
  block.words = shared_words(block, id(), block.most.values);
  fill_contexts(block, block.words);
}

// Without a coder, or with fewer symbols than there can be, the numbers are still to be drawn; they are the same.
void Dither::decode(Block& block) const {
  const float step = take_scale(block.side);
  const std::size_t count = block.symbols.size();
  block.values.assign(count, 0);
  if (step > 0) {
    if (block.words.size() < count) block.words = shared_words(block, id(), count);
    undo_dither(block.symbols, std::span(block.words).first(count), static_cast<double>(step), block.values);
  }
  block.words.clear();
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Dither::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + sizeof(float), before.values, kBits, before.varies};
}

}  // namespace brume::compression
