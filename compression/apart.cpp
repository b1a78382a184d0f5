#include "compression/apart.hpp"

#include <algorithm>
#include <bit>
#include <memory>

#include "compression/magnitudes.hpp"
#include "compression/plane_kernels.hpp"
#include "compression/signs.hpp"

namespace brume::compression {

namespace {

std::vector<Frequencies> of_magnitudes(std::span<const Frequencies> tables, std::size_t zero) {
  std::vector<Frequencies> sizes;
  sizes.reserve(tables.size());
  for (const auto& table : tables) sizes.push_back(table.of_magnitudes(zero));
  return sizes;
}

// For each range of sums those of its class.
std::vector<RansStep> by_ranges(std::span<const RansStep> of_classes, const NeighbourClasses& classes) {
  const std::size_t of_one = of_classes.size() / classes.count;
  std::vector<RansStep> steps;
  steps.reserve(of_one * classes.of_range.size());
  for (const std::size_t one : classes.of_range) {
    const auto some = of_classes.subspan(one * of_one, of_one);
    steps.insert(steps.end(), some.begin(), some.end());
  }
  return steps;
}

// In bytes, a few at a time.
std::size_t count_zeros(std::span<const std::uint8_t> symbols) {
  constexpr std::size_t kFew = 128;
  std::size_t zeros = 0;
  while (!symbols.empty()) {
    const auto some = symbols.first(std::min(kFew, symbols.size()));
    std::uint8_t here = 0;
    for (const auto symbol : some) here = static_cast<std::uint8_t>(here + (symbol == 0 ? 1 : 0));
    zeros += here;
    symbols = symbols.subspan(some.size());
  }
  return zeros;
}

}  // namespace

void write_apart(std::span<const std::uint8_t> symbols, const SymbolClasses& classes,
                 std::span<const Frequencies> tables, const SymbolContexts& contexts, std::vector<std::byte>& out) {
  const auto sizes = magnitudes(symbols, contexts.zero);
  const int bits = std::countr_zero(classes.counts.width());
  const auto steps = by_ranges(rans_steps(of_magnitudes(tables, contexts.zero), bits), classes.neighbours);
  std::vector<std::byte> coded;
  encode_magnitudes(
      {sizes, classes.neighbours.places, contexts.in_trellis ? contexts.of : std::span<const std::uint8_t>()}, steps,
      coded);
  ByteWriter length;
  length.varint(coded.size());
  out.insert(out.end(), length.bytes().begin(), length.bytes().end());
  out.insert(out.end(), coded.begin(), coded.end());
  write_signs(signs_without_zeros(symbols, contexts.zero), out);
}

void read_apart(ByteReader& in, std::span<const Frequencies> tables, const SymbolContexts& by,
                std::span<std::uint8_t> symbols) {
  const auto coded = in.take(in.varint());
  decode_magnitudes(coded, of_magnitudes(tables, by.zero), by.of_sum.first<256>(), by.in_trellis, symbols);
  const std::size_t count = symbols.size() - count_zeros(symbols);
  const auto signs = std::make_unique_for_overwrite<std::uint8_t[]>(count + 8);  // add_signs() may read eight more
  std::fill_n(&signs[count], 8, std::uint8_t{0});
  read_signs(in.rest(), {signs.get(), count});
  add_signs(symbols, signs.get(), static_cast<std::uint8_t>(by.zero));
}

}  // namespace brume::compression
