// Kernels that a federation spends its own time in, in bytes of float input a second; the copy is the floor.
#include <benchmark/benchmark.h>

#include <cstring>

#include "brume/exact_sum.hpp"
#include "compression/chain.hpp"
#include "compression/error_feedback.hpp"
#include "compression/quantize.hpp"
#include "compression/top_k.hpp"
#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "core/exact_packing.hpp"

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

// What a fog node does with what it has folded: 5 devices' 4-bit updates of equal weight.
std::vector<std::int64_t> sum_of_updates(std::size_t size) {
  ExactSum sum(size, ExactFormat::for_contributions(100));
  const auto codec = chain(4);
  const Layout layout({{"w", {static_cast<std::int64_t>(size)}, TensorRole::trainable}});
  const auto x = example(size);
  State none;
  std::vector<float> out(size);
  for (std::uint64_t device = 0; device < 5; ++device) {
    codec.decode(*codec.encode(x, layout, {}, Stream(device, Purpose::uplink), none), layout, out);
    (void)sum.add(out, 60);
  }
  return {sum.terms().begin(), sum.terms().end()};
}

void pack_sums(benchmark::State& state) {
  const auto terms = sum_of_updates(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    ByteWriter out;
    pack_exactly(terms, out);
    bytes = out.size();
  }
  count_bytes(state, terms.size());
  state.counters["bits_each"] = 8.0 * static_cast<double>(bytes) / static_cast<double>(terms.size());
}

void unpack_sums(benchmark::State& state) {
  auto terms = sum_of_updates(static_cast<std::size_t>(state.range(0)));
  ByteWriter out;
  pack_exactly(terms, out);
  for (auto _ : state) {
    ByteReader in(out.bytes());
    unpack_exactly(in, terms);
  }
  count_bytes(state, terms.size());
}

void top_k(benchmark::State& state) {
  const auto x = example(static_cast<std::size_t>(state.range(0)));
  ByteWriter writer;
  writer.f64(0.01);
  auto stage = std::make_shared<compression::TopK>();
  stage->set_parameters(writer.bytes());
  const compression::ErrorFeedback codec(
      std::make_shared<const compression::Chain>(std::vector<std::shared_ptr<const Stage>>{stage}));
  const Layout layout({{"w", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
  State stock;
  for (auto _ : state) benchmark::DoNotOptimize(codec.encode(x, layout, {}, Stream(1, Purpose::uplink), stock));
  count_bytes(state, x.size());
}

void checksum(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)) * sizeof(float), std::byte{7});
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
  count_bytes(state, bytes.size() / sizeof(float));
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
BENCHMARK(pack_sums)->Arg(1 << 18);
BENCHMARK(unpack_sums)->Arg(1 << 18);
BENCHMARK(checksum)->Arg(1 << 18);
BENCHMARK(top_k)->Arg(1 << 18);
BENCHMARK(encode)->ArgsProduct({{1 << 18}, {1, 4, 8, 32}});
BENCHMARK(decode)->ArgsProduct({{1 << 18}, {1, 4, 8, 32}});

}  // namespace
