// What codecs do with each element, beside the most that a kernel of its kind was seen to reach on one core of another
// machine (a Xeon of 2.3 GHz, AVX2): 1 MiB of floats in the cache, 64 MiB from memory. Work is cut into blocks as in a
// codec chain. `to_copy` is the ratio to a copy of the same floats in this run, `to_limit` that to the other machine.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>

#include "brume/random.hpp"
#include "compression/extent.hpp"
#include "compression/hadamard.hpp"
#include "compression/largest.hpp"
#include "compression/largest_kernels.hpp"
#include "compression/quantize_kernels.hpp"
#include "core/bit_packing.hpp"

namespace {

using namespace brume;
using namespace brume::compression;

constexpr std::size_t kInCache = 1 << 18;
constexpr std::size_t kFromMemory = 1 << 24;
constexpr std::size_t kBlock = 32768;
constexpr std::size_t kPart = 4096;  // quantised together

struct Buffers {
  explicit Buffers(std::size_t count) : floats(count), packed(count), symbols(kBlock), words(words_at_random(kPart)) {
    Stream stream(1, Purpose::plugin);
    for (float& value : floats) value = static_cast<float>(stream.normal());
    for (auto& byte : packed) byte = static_cast<std::byte>(stream.next());
  }
  std::vector<float> floats;
  std::vector<std::byte> packed;
  std::vector<std::int32_t> symbols;  // of a block
  std::vector<std::uint32_t> words;   // for a part of it
};

double seconds_of_copy(const std::vector<float>& floats) {
  std::vector<float> copy(floats.size());
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    std::memcpy(copy.data(), floats.data(), floats.size() * sizeof(float));
    benchmark::DoNotOptimize(copy.data());
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

using Kernel = std::function<void(Buffers&, std::size_t first, std::size_t count)>;

/// Runs the kernel over blocks of `block` elements.
void run(benchmark::State& state, std::size_t count, std::size_t block, double limit, const Kernel& kernel) {
  Buffers buffers(count);
  const double bytes = static_cast<double>(count) * sizeof(float);
  const double copy = bytes / seconds_of_copy(buffers.floats);
  for (auto _ : state) {
    for (std::size_t first = 0; first < count; first += block) kernel(buffers, first, block);
    benchmark::ClobberMemory();
  }
  const double all = bytes * static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(all));
  state.counters["to_copy"] = benchmark::Counter(all / copy, benchmark::Counter::kIsRate);
  if (limit > 0) state.counters["to_limit"] = benchmark::Counter(all / (limit * 1e9), benchmark::Counter::kIsRate);
}

std::span<std::byte> packed_block(Buffers& buffers, std::size_t first, std::size_t count, int bits) {
  return std::span(buffers.packed).subspan(packed_bytes(first, bits), packed_bytes(count, bits));
}

void quantise(Buffers& buffers, std::size_t first, std::size_t count, int bits) {
  Stream stream(first, Purpose::plugin);
  for (std::size_t i = 0; i < count; i += kPart) {
    stream.fill(buffers.words);
    round_at_random(std::span(buffers.floats).subspan(first + i, kPart), buffers.words, bits == 8 ? 8 : 1,
                    std::span(buffers.symbols).subspan(i, kPart));
  }
  pack(buffers.symbols, bits, packed_block(buffers, first, count, bits));
}

void dequantise(Buffers& buffers, std::size_t first, std::size_t count, int bits) {
  unpack(packed_block(buffers, first, count, bits), bits, buffers.symbols);
  scale_symbols(buffers.symbols, 0.125F, std::span(buffers.floats).subspan(first, count));
}

void to_signs(Buffers& buffers, std::size_t first, std::size_t count) {
  const auto values = std::span<const float>(buffers.floats).subspan(first, count);
  benchmark::DoNotOptimize(signs_of(values, buffers.symbols));
  pack(buffers.symbols, 1, packed_block(buffers, first, count, 1));
}

void from_signs(Buffers& buffers, std::size_t first, std::size_t count) {
  unpack(packed_block(buffers, first, count, 1), 1, buffers.symbols);
  scale_signs(buffers.symbols, 0.5F, std::span(buffers.floats).subspan(first, count));
}

void pack_symbols(Buffers& buffers, std::size_t first, std::size_t count) {
  pack(buffers.symbols, 4, packed_block(buffers, first, count, 4));
}

void unpack_symbols(Buffers& buffers, std::size_t first, std::size_t count) {
  unpack(packed_block(buffers, first, count, 4), 4, buffers.symbols);
}

void scan(Buffers& buffers, std::size_t first, std::size_t count) {
  static std::vector<std::uint32_t> positions(kBlock);
  constexpr std::uint32_t kOnePerCent = 0x4024DD2F;  // 2.576
  benchmark::DoNotOptimize(at_least(std::span(buffers.floats).subspan(first, count), kOnePerCent, positions.data()));
}

// Values grow with each run, to infinities in the end, which take no longer.
void transform(Buffers& buffers, std::size_t first, std::size_t count) {
  walsh_hadamard(std::span(buffers.floats).subspan(first, count));
}

void add(const char* name, std::size_t block, double in_cache, double from_memory, const Kernel& kernel) {
  const auto one = [&](const char* where, std::size_t count, double limit) {
    const std::size_t of = block == 0 ? count : block;
    benchmark::RegisterBenchmark((std::string(name) + where).c_str(),
                                 [=](benchmark::State& state) { run(state, count, of, limit, kernel); });
  };
  one("/cache", kInCache, in_cache);
  one("/memory", kFromMemory, from_memory);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace std::placeholders;
  add("int8_stochastic", kBlock, 16, 10, std::bind(quantise, _1, _2, _3, 8));
  add("int8_to_float", kBlock, 53, 19, std::bind(dequantise, _1, _2, _3, 8));
  add("int4_stochastic", kBlock, 16, 10, std::bind(quantise, _1, _2, _3, 4));
  add("int4_to_float", kBlock, 42, 11, std::bind(dequantise, _1, _2, _3, 4));
  add("int4_pack", kBlock, 60, 9, pack_symbols);
  add("int4_unpack", kBlock, 42, 11, unpack_symbols);
  add("sign_and_mean", kBlock, 53, 14, to_signs);
  add("sign_expand", kBlock, 47, 11, from_signs);
  add("hadamard_2^10", 1 << 10, 11.6, 8.6, transform);
  add("hadamard_2^14", 1 << 14, 10, 5.5, transform);
  add("hadamard_2^18", 1 << 18, 8.3, 5.2, transform);
  add("threshold_scan", kBlock, 25, 12, scan);
  add("top_1_per_cent", 0, 5.1, 2.5, [](Buffers& buffers, std::size_t first, std::size_t count) {
    benchmark::DoNotOptimize(largest(std::span(buffers.floats).subspan(first, count), count / 100));
  });
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
