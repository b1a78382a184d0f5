#include "compression/qsgd.hpp"

#include <bit>
#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

constexpr std::int64_t kMostLevels = 32767;
constexpr std::int64_t kMostBucket = 65536;

float norm_of(std::span<const float> values) {
  double square = 0;
  for (const float value : values) square += static_cast<double>(value) * value;
  return static_cast<float>(std::sqrt(square));
}

}  // namespace

void Qsgd::declare(Options& options) {
  options.integer({"levels", "s, of a magnitude; 0: the root of the bucket"}, levels_,
                  Range::between(0, static_cast<double>(kMostLevels)));
  options.integer({"bucket", "elements that share a norm"}, bucket_,
                  Range::between(8, static_cast<double>(kMostBucket)));
}

std::int64_t Qsgd::levels() const {
  return levels_ > 0 ? levels_ : std::llround(std::sqrt(static_cast<double>(bucket_)));
}

int Qsgd::symbol_bits() const { return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(levels()))) + 1; }

std::vector<std::byte> Qsgd::parameters() const {
  ByteWriter writer;
  writer.u16(static_cast<std::uint16_t>(levels()));
  writer.u32(static_cast<std::uint32_t>(bucket_));
  return writer.take();
}

void Qsgd::set_parameters(std::span<const std::byte> parameters) {
  ByteReader reader(parameters);
  const auto levels = reader.u16();
  const auto bucket = reader.u32();
  if (levels < 1 || levels > kMostLevels || bucket < 8 || bucket > kMostBucket || reader.left() != 0)
    throw FormatError("stage 'qsgd' has invalid parameters");
  levels_ = levels;
  bucket_ = bucket;
}

void Qsgd::encode(Block& block, Stream& stream, State& /*state*/) const {
  require_finite(block.values);
  const std::size_t count = block.values.size();
  const auto bucket = static_cast<std::size_t>(bucket_);
  block.symbols.assign(count, 0);
  block.symbol_bits = symbol_bits();
  std::vector<std::uint32_t> words(bucket);
  for (std::size_t first = 0; first < count; first += bucket) {
    const std::size_t size = std::min(bucket, count - first);
    const float norm = norm_of(std::span(block.values).subspan(first, size));
    put_scale(block.side, norm);
    if (norm == 0) continue;
    stream.fill(std::span(words).first(size));
    const double factor = static_cast<double>(levels()) / static_cast<double>(norm);
    for (std::size_t i = 0; i < size; ++i) {
      const double x = block.values[first + i];
      const auto level = std::min(static_cast<std::int64_t>(std::fabs(x) * factor + words[i] * 0x1p-32), levels());
      block.symbols[first + i] = static_cast<std::int32_t>(x < 0 ? -level : level);
    }
  }
}

void Qsgd::decode(Block& block) const {
  const std::size_t count = block.symbols.size();
  const auto bucket = static_cast<std::size_t>(bucket_);
  const auto norms = take_scales(block.side, (count + bucket - 1) / bucket);
  block.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (std::abs(block.symbols[i]) > levels()) throw FormatError("a symbol is beyond its levels");
    block.values[i] =
        static_cast<float>(static_cast<double>(norms[i / bucket]) * block.symbols[i] / static_cast<double>(levels()));
  }
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Qsgd::cost(std::size_t /*count*/, Cost before) const {
  const auto bucket = static_cast<std::size_t>(bucket_);
  return {before.side_bytes + sizeof(float) * ((before.values + bucket - 1) / bucket), before.values, symbol_bits(),
          before.varies};
}

}  // namespace brume::compression
