// Decoders of all stages: the first byte chooses a chain, the others are a frame. Any bytes end in a FormatError or in
// as many values as the layout has, finite ones behind a quantiser.
#include <array>
#include <cmath>
#include <cstdlib>

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/registration.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/repair.hpp"

namespace {

using namespace brume;

using Names = std::vector<const char*>;

const std::array<Names, 14> kChains{{{"quantize", "entropy"},
                                     {"top_k", "quantize", "entropy"},
                                     {"half", "entropy"},
                                     {"qsgd", "entropy"},
                                     {"dither", "entropy"},
                                     {"terngrad", "entropy"},
                                     {"sign", "entropy"},
                                     {"eden"},
                                     {"random_k", "quantize", "entropy"},
                                     {"stc"},
                                     {"stc", "entropy"},
                                     {"ecsq", "entropy"},
                                     {"tcq", "entropy"},
                                     {"entropy"}}};

compression::Chain make_chain(const Names& names) {
  static const auto kRegistry = [] {
    Registry registry;
    compression::register_codecs(registry);
    return registry;
  }();
  std::vector<std::shared_ptr<const Stage>> stages;
  for (const auto* name : names) stages.push_back(Chosen<Stage>::make(kRegistry, name).component);
  return compression::Chain(std::move(stages));
}

const std::vector<compression::Chain>& chains() {
  static const auto kMade = [] {
    std::vector<compression::Chain> made;
    for (const auto& names : kChains) made.push_back(make_chain(names));
    return made;
  }();
  return kMade;
}

const Layout& layout() {
  static const Layout kLayout({{"w", {200}, TensorRole::trainable}});
  return kLayout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t which = data[0] % kChains.size();
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  std::vector<std::byte> frame(bytes.begin(), bytes.end());
  if (!frame.empty() && (data[0] & 0x80U) != 0) repair_frame(frame);
  std::vector<float> out(layout().size());
  try {
    chains()[which].decode(frame, layout(), out);
  } catch (const FormatError&) {
    return 0;
  }
  if (which + 1 == kChains.size()) return 0;  // floats as they come
  for (const float value : out)
    if (!std::isfinite(value)) std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (std::size_t which = 0; which < kChains.size(); ++which) {
    Stream stream(which, Purpose::plugin);
    std::vector<float> x(layout().size());
    for (float& value : x) value = static_cast<float>(stream.normal());
    State none;
    const auto frame = chains()[which].encode(x, layout(), {}, stream, none);
    std::vector<std::uint8_t> seed{0x80};
    while (seed[0] % kChains.size() != which) ++seed[0];
    const auto* first = reinterpret_cast<const std::uint8_t*>(frame->data());
    seed.insert(seed.end(), first, first + frame->size());
    seeds.push_back(std::move(seed));
  }
  return seeds;
}
