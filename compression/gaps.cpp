#include "compression/gaps.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "compression/bits.hpp"
#include "compression/golomb.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kSegment = 65536;
constexpr int kCountBits = 17;

void write_segment(std::span<const std::uint64_t> positions, std::size_t first, std::size_t size, BitWriter& out) {
  out.put(static_cast<std::uint32_t>(positions.size()), kCountBits);
  const int low_bits = golomb_bits(positions.size(), size);
  std::uint64_t next = first;
  for (const auto position : positions) {
    write_gap(out, static_cast<std::uint32_t>(position - next), low_bits);
    next = position + 1;
  }
}

void read_segment(BitReader& in, std::size_t first, std::size_t size, std::size_t left,
                  std::vector<std::uint64_t>& positions) {
  const std::size_t taken = in.get(kCountBits);
  if (taken > std::min(size, left)) throw FormatError("a segment has too many positions");
  const int low_bits = golomb_bits(taken, size);
  std::size_t next = 0;
  for (std::size_t i = 0; i < taken; ++i) {
    if (next >= size) throw FormatError("a position is beyond its segment");
    next += read_gap(in, static_cast<std::uint32_t>(size - 1 - next), low_bits);
    positions.push_back(first + next++);
  }
}

}  // namespace

void write_gaps(std::span<const std::uint64_t> positions, std::size_t of, std::vector<std::byte>& out) {
  BitWriter writer(out);
  for (std::size_t first = 0; first < of; first += kSegment) {
    const std::size_t size = std::min(kSegment, of - first);
    const auto end = std::lower_bound(positions.begin(), positions.end(), first + size);
    const auto here = static_cast<std::size_t>(end - positions.begin());
    write_segment(positions.first(here), first, size, writer);
    positions = positions.subspan(here);
  }
  writer.finish();
}

std::vector<std::uint64_t> read_gaps(std::span<const std::byte> bytes, std::size_t count, std::size_t of) {
  std::vector<std::uint64_t> positions;
  positions.reserve(count);
  BitReader reader(bytes);
  for (std::size_t first = 0; first < of; first += kSegment)
    read_segment(reader, first, std::min(kSegment, of - first), count - positions.size(), positions);
  if (positions.size() != count) throw FormatError("a frame has fewer positions than values");
  if (reader.finish() != bytes.size()) throw FormatError("bytes follow a frame's positions");
  return positions;
}

// k gaps of b low bits in a segment of n take k · (1 + b) + n / 2^b bits at most (most_gap_bits). From 2^b ≤ 0.963 n /
// k and n / 2^b ≤ 2.08 k, or b = 0 and k > 0.48 n, follow k · (log2(n / k) + 3.1), and the same for all segments
// together: it is concave in both, and proportional to them.
std::size_t most_gaps_bytes(std::size_t count, std::size_t of) {
  const std::size_t segments = (of + kSegment - 1) / kSegment;
  const auto k = static_cast<double>(count);
  const double gaps = count == 0 ? 0 : k * (std::log2(static_cast<double>(of) / k) + 3.1);
  return (segments * kCountBits + static_cast<std::size_t>(gaps) + 1) / 8 + 1;
}

}  // namespace brume::compression
