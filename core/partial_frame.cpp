// The frame of WeightedSums, described in core/PARTIAL.md.
#include <cmath>

#include "brume/aggregate.hpp"
#include "brume/error.hpp"
#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "core/exact_packing.hpp"

namespace brume {

namespace {

constexpr std::uint32_t kMagic = 0x41505242;  // "BRPA"
constexpr std::uint8_t kVersion = 1;

// The mean is what a codec was made for; the sum follows from it and the weight.
Frame encode_mean(const ExactSum& sum, double weight, const Layout& layout, const Codec& codec, const Stream& stream) {
  std::vector<float> mean(sum.size());
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = static_cast<float>(sum.value(i) / weight);
  State none;
  return codec.encode(mean, layout, {}, stream, none);
}

std::vector<std::int64_t> decode_mean(std::span<const std::byte> frame, double weight, const Layout& layout,
                                      const Codec& codec, const ExactFormat& format) {
  std::vector<float> mean(layout.size());
  codec.decode(frame, layout, mean);
  std::vector<std::int64_t> terms(mean.size());
  const double scale = std::ldexp(weight, format.exponent);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const double term = std::nearbyint(static_cast<double>(mean[i]) * scale);
    if (!(std::fabs(term) < 0x1p62)) throw FormatError("a partial sum is out of range");
    terms[i] = static_cast<std::int64_t>(term);
  }
  return terms;
}

}  // namespace

Frame WeightedSums::encode(const Codec* lossy, const Stream& stream) const {
  ByteWriter out;
  out.u32(kMagic);
  out.u8(kVersion);
  out.u8(lossy ? 1 : 0);
  out.u32(static_cast<std::uint32_t>(format_.exponent));
  out.u64(format_.most_contributions);
  out.u64(contributions_);
  out.u64(static_cast<std::uint64_t>(weight_.term()));
  for (const auto& scalar : scalars_) out.u64(static_cast<std::uint64_t>(scalar.term()));
  if (contributions_ > 0)
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      if (!lossy) {
        pack_exactly(sums_[i].terms(), out);
        continue;
      }
      const auto frame = encode_mean(sums_[i], weight(), *layouts_[i], *lossy, stream.fork(i));
      out.u64(frame->size());
      out.append(*frame);
    }
  out.u32(crc32c(out.bytes()));
  return std::make_shared<const Bytes>(out.take());
}

void WeightedSums::decode(std::span<const std::byte> frame, const Codec* lossy) {
  if (frame.size() < 4) throw FormatError("the data end too early");
  ByteReader tail(frame.last(4));
  if (tail.u32() != crc32c(frame.first(frame.size() - 4))) throw FormatError("a partial is damaged (CRC mismatch)");
  ByteReader in(frame.first(frame.size() - 4));
  if (in.u32() != kMagic || in.u8() != kVersion) throw FormatError("this is no partial, or one of an unknown version");
  if (in.u8() != (lossy ? 1 : 0)) throw FormatError("a partial was packed by another fog_uplink");
  if (static_cast<int>(in.u32()) != format_.exponent || in.u64() != format_.most_contributions)
    throw FormatError("a partial's sums lie on another grid");
  contributions_ = in.u64();
  weight_ = ExactScalar(format_, contributions_, static_cast<std::int64_t>(in.u64()));
  for (auto& scalar : scalars_) scalar = ExactScalar(format_, contributions_, static_cast<std::int64_t>(in.u64()));
  if ((contributions_ > 0) != (weight_.term() > 0))
    throw FormatError("a partial's weight does not fit its contributions");
  for (std::size_t i = 0; contributions_ > 0 && i < sums_.size(); ++i) {
    std::vector<std::int64_t> terms(sums_[i].size());
    if (lossy) {
      terms = decode_mean(in.take(in.u64()), weight(), *layouts_[i], *lossy, format_);
    } else {
      unpack_exactly(in, terms);
    }
    sums_[i] = ExactSum(format_, contributions_, std::move(terms));
  }
  if (in.left() != 0) throw FormatError("bytes follow a partial's last sum");
}

}  // namespace brume
