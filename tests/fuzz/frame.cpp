// A codec's decoder: any bytes end in a FormatError or in finite values.
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/quantize.hpp"
#include "core/crc32c.hpp"
#include "tests/fuzz/fuzz.hpp"

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

// Makes the checksums right again, so that mutations reach what lies behind them.
void repair(std::vector<std::byte>& frame) {
  if (frame.size() < 8) return;
  std::uint16_t header = 0;
  std::memcpy(&header, frame.data() + 6, 2);
  if (header < 8 || header > frame.size()) return;
  const auto seal = [&](std::size_t first, std::size_t last) {
    const auto crc = crc32c(std::span(frame).subspan(first, last - first));
    std::memcpy(frame.data() + last, &crc, 4);
  };
  seal(0, header - 4U);
  if (frame.size() >= header + 12U) seal(header, frame.size() - 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> frame(bytes.begin(), bytes.end());
  if (!frame.empty() && (static_cast<unsigned>(frame.back()) & 1U)) repair(frame);
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
