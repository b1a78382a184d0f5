// Kernels that a federation spends its own time in, in bytes of float input a second; the copy is the floor.
#include <benchmark/benchmark.h>

#include <cstring>

#include "brume/exact_sum.hpp"
#include "compression/chain.hpp"
#include "compression/quantize.hpp"
#include "core/bytes.hpp"
#include "core/crc32c.hpp"

namespace {

using namespace brume;

std::vector<float> example(std::size_t size) {
  Stream stream(1, Purpose::plugin);
  std::vector<float> x(size);
  for (float& value : x) value = static_cast<float>(stream.normal());
  return x;
}

void count_bytes(benchmark::State& state, std::size_t floats) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(floats * sizeof(float)));
}

void copy(benchmark::State& state) {
  const auto x = example(static_cast<std::size_t>(state.range(0)));
  std::vector<float> y(x.size());
  for (auto _ : state) {
    std::memcpy(y.data(), x.data(), x.size() * sizeof(float));
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, x.size());
}

void exact_sum(benchmark::State& state) {
  const auto x = example(static_cast<std::size_t>(state.range(0)));
  ExactSum sum(x.size(), ExactFormat::for_contributions(std::uint64_t{1} << 30, 10));
  for (auto _ : state) benchmark::DoNotOptimize(sum.add(x, 1));
  count_bytes(state, x.size());
}

compression::Chain chain(int bits) {
  if (bits == 32) return compression::Chain({});
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(bits));
  writer.u16(256);
  auto stage = std::make_shared<compression::Quantize>();
  stage->set_parameters(writer.bytes());
  return compression::Chain({stage});
}

void encode(benchmark::State& state) {
  const auto x = example(static_cast<std::size_t>(state.range(0)));
  const auto codec = chain(static_cast<int>(state.range(1)));
  const Layout layout({{"w", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
  State none;
  for (auto _ : state) benchmark::DoNotOptimize(codec.encode(x, layout, {}, Stream(1, Purpose::uplink), none));
  count_bytes(state, x.size());
}

void decode(benchmark::State& state) {
  const auto x = example(static_cast<std::size_t>(state.range(0)));
  const auto codec = chain(static_cast<int>(state.range(1)));
  const Layout layout({{"w", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
  State none;
  const auto frame = codec.encode(x, layout, {}, Stream(1, Purpose::uplink), none);
  std::vector<float> out(x.size());
  for (auto _ : state) codec.decode(*frame, layout, out);
  count_bytes(state, x.size());
}

void random_words(benchmark::State& state) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>(state.range(0)));
  Stream stream(1, Purpose::plugin);
  for (auto _ : state) {
    stream.fill(words);
    benchmark::DoNotOptimize(words.data());
  }
  count_bytes(state, words.size());
}

BENCHMARK(copy)->Arg(1 << 18);
BENCHMARK(random_words)->Arg(1 << 12);
BENCHMARK(exact_sum)->Arg(1 << 18);
BENCHMARK(encode)->ArgsProduct({{1 << 18}, {1, 4, 8, 32}});
BENCHMARK(decode)->ArgsProduct({{1 << 18}, {1, 4, 8, 32}});

}  // namespace
