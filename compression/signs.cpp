#include "compression/signs.hpp"

#include <algorithm>
#include <array>

#include "compression/bits.hpp"
#include "compression/plane_kernels.hpp"
#include "compression/segments.hpp"
#include "compression/tally.hpp"
#include "core/bit_packing.hpp"

namespace brume::compression {

namespace {

enum Way : std::uint8_t { packed = 0, coded = 1 };

constexpr std::size_t kContexts = 32;
constexpr int kShareBits = 5;
constexpr std::uint32_t kWhole = 1U << kShareBits;

/// What a decoder knows of the signs before one: the last, and their last five changes, the latest in the lowest bit.
/// Before the first all are positive.
struct Before {
  std::uint32_t changes = 0;
  std::uint32_t sign = 0;
};

using Shares = std::array<std::uint32_t, kContexts>;  // of signs as the one before, 1 to 31 of 32

// Twice each sign's context, and 1 more if it differs from the one before.
std::vector<std::uint8_t> changes_of(std::span<const std::uint8_t> signs) {
  constexpr std::size_t kBefore = 5;
  std::vector<std::uint8_t> changes(signs.size());
  std::vector<std::uint8_t> differ(kBefore + segment_length(signs.size()));
  for_each_segment(signs.size(), [&](std::size_t first, std::size_t behind) {
    const std::size_t count = behind - first;
    differ[kBefore] = signs[first];
    for (std::size_t i = 1; i < count; ++i)
      differ[kBefore + i] = static_cast<std::uint8_t>(signs[first + i] ^ signs[first + i - 1]);
    const auto* d = differ.data();
    auto* to = &changes[first];
    for (std::size_t i = 0; i < count; ++i)
      to[i] = static_cast<std::uint8_t>(d[i] << 5 | d[i + 1] << 4 | d[i + 2] << 3 | d[i + 3] << 2 | d[i + 4] << 1 |
                                        d[i + 5]);
  });
  return changes;
}

Shares shares_of(std::span<const std::uint8_t> changes) {
  const auto counts = tally(Keys(changes, {}, 1));
  const auto count = [&](std::size_t change) { return change < counts.width() ? counts[0][change] : 0; };
  Shares shares;
  for (std::size_t i = 0; i < kContexts; ++i) {
    const std::uint32_t same = count(2 * i);
    const std::uint32_t all = same + count(2 * i + 1);
    shares[i] = all == 0 ? kWhole / 2 : std::clamp<std::uint32_t>((kWhole * same + all / 2) / all, 1, kWhole - 1);
  }
  return shares;
}

constexpr std::uint32_t frequency_of(std::uint32_t share) { return share << (Frequencies::kBits - kShareBits); }

std::vector<std::byte> encode(std::span<const std::uint8_t> signs) {
  const auto changes = changes_of(signs);
  const auto shares = shares_of(changes);
  std::vector<std::byte> out;
  BitWriter writer(out);
  std::array<RansStep, 2 * kContexts> steps;
  for (std::size_t i = 0; i < kContexts; ++i) {
    writer.put(shares[i], kShareBits);
    const auto same = frequency_of(shares[i]);
    steps[2 * i] = rans_step(0, same);
    steps[2 * i + 1] = rans_step(same, Frequencies::kAll - same);
  }
  writer.finish();
  encode_segments(std::span<const std::uint8_t>(changes), steps, out);
  return out;
}

void decode(std::span<const std::byte> bytes, std::span<std::uint8_t> signs) {
  BitReader reader(bytes);
  Shares shares;
  for (auto& share : shares) share = reader.get(kShareBits);
  if (std::count(shares.begin(), shares.end(), 0U) > 0) throw FormatError("a block's signs have no frequency");
  const auto coded = bytes.subspan(reader.finish());
  std::array<std::uint32_t, kContexts> same;
  std::transform(shares.begin(), shares.end(), same.begin(), frequency_of);
  std::array<Before, kSegments> before{};
  const auto places = std::make_unique_for_overwrite<std::uint8_t[]>(kSegments * segment_length(signs.size()));
  auto* to = places.get();
  decode_segments(coded, signs.size(), before, [=, &same](Before& last, std::uint32_t state, Place place) {
    const std::uint32_t as_before = same[last.changes];
    const std::uint32_t remainder = state & kRemainder;
    std::uint32_t others = Frequencies::kAll - as_before;
    std::uint32_t behind = remainder - as_before;
    hide(others);
    hide(behind);
    const bool differs = remainder >= as_before;
    last.changes = (2 * last.changes + (differs ? 1 : 0)) % kContexts;
    last.sign ^= differs ? 1 : 0;
    to[place.all] = static_cast<std::uint8_t>(last.sign);
    return (differs ? others : as_before) * (state >> Frequencies::kBits) + (differs ? behind : remainder);
  });
  in_order(signs, [=](std::size_t place) { return to[place]; });
}

void unpack_signs(std::span<const std::byte> bytes, std::span<std::uint8_t> signs) {
  if (bytes.size() != packed_bytes(signs.size(), 1) || !padding_is_zero(bytes, signs.size(), 1))
    throw FormatError("a block's signs are not as many as its numbers");
  for (std::size_t i = 0; i < signs.size(); ++i)
    signs[i] = std::to_integer<std::uint8_t>(bytes[i / 8] >> static_cast<int>(i % 8)) & 1U;
}

}  // namespace

std::vector<std::uint8_t> signs_without_zeros(std::span<const std::uint8_t> symbols, unsigned zero) {
  std::vector<std::uint8_t> signs(symbols.size());
  signs.resize(take_signs(symbols, static_cast<std::uint8_t>(zero), signs.data()));
  return signs;
}

void write_signs(std::span<const std::uint8_t> signs, std::vector<std::byte>& out) {
  const auto bytes = encode(signs);
  const std::size_t plain = packed_bytes(signs.size(), 1);
  const bool shorter = bytes.size() < plain;
  out.push_back(static_cast<std::byte>(shorter ? coded : packed));
  if (shorter) return void(out.insert(out.end(), bytes.begin(), bytes.end()));
  out.resize(out.size() + plain);
  pack<std::uint8_t>(signs, 1, std::span(out).last(plain));
}

void read_signs(std::span<const std::byte> bytes, std::span<std::uint8_t> signs) {
  const auto way = bytes.empty() ? std::byte{packed} : bytes.front();
  if (bytes.empty() || way > std::byte{coded}) throw FormatError("a block's signs are coded in an unknown way");
  way == std::byte{coded} ? decode(bytes.subspan(1), signs) : unpack_signs(bytes.subspan(1), signs);
}

}  // namespace brume::compression
