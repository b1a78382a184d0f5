// A codec's decoder: any bytes end in a FormatError or in finite values.
#include <cmath>
#include <cstdlib>

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/quantize.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/repair.hpp"

namespace {

using namespace brume;

compression::Chain make_chain(int bits) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(bits));
  writer.u16(32);
  auto stage = std::make_shared<compression::Quantize>();
  stage->set_parameters(writer.bytes());
  return compression::Chain({stage});
}

const compression::Chain& chain() {
  static const auto kChain = make_chain(5);
  return kChain;
}

const Layout& layout() {
  static const Layout kLayout({{"w", {100}, TensorRole::trainable}});
  return kLayout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> frame(bytes.begin(), bytes.end());
  if (!frame.empty() && (static_cast<unsigned>(frame.back()) & 1U)) repair_frame(frame);
  std::vector<float> out(layout().size());
  try {
    chain().decode(frame, layout(), out);
  } catch (const FormatError&) {
    return 0;
  }
  for (const float value : out)
    if (!std::isfinite(value)) std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (std::uint64_t i = 0; i < 4; ++i) {
    Stream stream(i, Purpose::plugin);
    std::vector<float> x(layout().size());
    for (float& value : x) value = static_cast<float>(stream.normal());
    State none;
    const auto frame = chain().encode(x, layout(), {}, stream, none);
    const auto* first = reinterpret_cast<const std::uint8_t*>(frame->data());
    seeds.emplace_back(first, first + frame->size());
  }
  return seeds;
}
