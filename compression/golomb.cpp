#include "compression/golomb.hpp"

#include <bit>

namespace brume::compression {

int golomb_bits(std::size_t taken, std::size_t of) {
  // −ln(φ − 1) / p as n · 0.4812 / k: for the shares that are worth it ln(1 − p) is near −p, and integers are the same
  // on every machine. A wrong guess near a power of two costs a hundredth of a bit.
  const std::uint64_t ratio = of * 4812 / (10000 * std::max<std::size_t>(1, taken));
  return static_cast<int>(std::bit_width(ratio));
}

void write_gap(BitWriter& out, std::uint32_t gap, int low_bits) {
  out.put_unary(gap >> low_bits);
  if (low_bits > 0) out.put(gap & ((1U << low_bits) - 1), low_bits);
}

std::uint32_t read_gap(BitReader& in, std::uint32_t most, int low_bits) {
  const std::uint32_t high = in.get_unary(most >> low_bits);
  const std::uint32_t gap = high << low_bits | (low_bits > 0 ? in.get(low_bits) : 0);
  if (gap > most) throw FormatError("a position is beyond its block");
  return gap;
}

std::size_t most_gap_bits(std::size_t taken, std::size_t of) {
  const int low_bits = golomb_bits(taken, of);
  return taken * static_cast<std::size_t>(1 + low_bits) + (of >> low_bits);
}

}  // namespace brume::compression
