// The entropy coder's planes: the first byte says what the symbols are, two how many, the others are the plane. Any
// bytes end in a FormatError or in as many symbols.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "brume/error.hpp"
#include "brume/random.hpp"
#include "compression/plane.hpp"
#include "compression/trellis.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace brume;
using namespace brume::compression;

constexpr std::size_t kMost = 4096;
constexpr std::size_t kHead = 3;

/// Numbers without contexts, in three given ones, or in a trellis; or symbols that are none.
enum class Kind : std::uint8_t { numbers, given, trellis, others };
constexpr int kKinds = 4;

struct Plane {
  Kind kind;
  int bits;
  std::vector<std::uint8_t> of;  // known to the decoder

  SymbolContexts contexts() const {
    const unsigned zero = kind == Kind::others ? 0 : 1U << (bits - 1);
    return {.of = of, .in_trellis = kind == Kind::trellis, .zero = zero};
  }
};

Plane plane_of(std::uint8_t what, std::size_t count) {
  Plane plane{static_cast<Kind>(what % kKinds), 1 + what / kKinds % 8, {}};
  if (plane.kind != Kind::given) return plane;
  for (std::size_t i = 0; i < count; ++i) plane.of.push_back(static_cast<std::uint8_t>(i % 7 % 3));
  return plane;
}

// Sizes that stay, change by layers or in bursts; signs that change at random or now and then.
std::vector<std::uint8_t> symbols_of(const Plane& plane, std::size_t count, int shape) {
  Stream stream(count, Purpose::plugin, static_cast<std::uint64_t>(shape));
  const int zero = 1 << (plane.bits - 1);
  std::vector<std::uint8_t> symbols(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool large = shape == 1 ? i % 640 < 320 : shape >= 2 ? i % 29 < 9 : true;
    const double x = stream.normal() * (large ? zero / 4.0 : 0.4);
    const double number = shape < 3 ? x : std::fabs(x) * (i % 70 < 30 ? -1 : 1);
    symbols[i] =
        static_cast<std::uint8_t>(zero + std::clamp(static_cast<int>(std::lround(number)), 1 - zero, zero - 1));
  }
  return symbols;
}

std::vector<std::uint8_t> seed(std::uint8_t what, std::size_t count, int shape) {
  auto plane = plane_of(what, count);
  const auto symbols = symbols_of(plane, count, shape);
  trellis::Walk walk;
  for (std::size_t i = 0; plane.kind == Kind::trellis && i < count; ++i) {
    plane.of.push_back(walk.quantiser_at(i));
    walk.step(i, symbols[i] - (1 << (plane.bits - 1)));
  }
  std::vector<std::byte> out;
  write_plane(symbols, plane.bits, plane.contexts(), out);
  std::vector<std::uint8_t> bytes{what, static_cast<std::uint8_t>(count), static_cast<std::uint8_t>(count >> 8)};
  for (const auto byte : out) bytes.push_back(std::to_integer<std::uint8_t>(byte));
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHead) return 0;
  const std::size_t count = (data[1] | std::size_t{data[2]} << 8) % (kMost + 1);
  const auto plane = plane_of(data[0], count);
  std::vector<std::uint8_t> symbols(count);
  ByteReader in(std::as_bytes(std::span(data, size)).subspan(kHead));
  try {
    read_plane(in, plane.bits, plane.contexts(), symbols);
  } catch (const FormatError&) {
    return 0;
  }
  for (const auto symbol : symbols)
    if (symbol >> plane.bits != 0) std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::size_t count : {40U, 700U, 1500U})
    for (int shape = 0; shape < 4; ++shape)
      for (int kind = 0; kind < kKinds; ++kind)
        for (const int bits : {3, 6})
          seeds.push_back(seed(static_cast<std::uint8_t>(kKinds * (bits - 1) + kind), count, shape));
  return seeds;
}
