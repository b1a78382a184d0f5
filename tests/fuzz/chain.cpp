// Decoders of all stages and containers: the first byte chooses a codec, the others are a frame. Any bytes end in a
// FormatError or in as many values as the layout has, finite ones behind a quantiser.
#include <array>
#include <cmath>
#include <cstdlib>

#include "brume/error.hpp"
#include "compression/make_codec.hpp"
#include "compression/registration.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/repair.hpp"

namespace {

using namespace brume;

using Names = std::vector<const char*>;

const std::array<Names, 17> kChains{{{"quantize", "entropy"},
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
                                     {"codebook", "entropy"},
                                     {"global_top_k", "quantize", "entropy"},
                                     {"powersgd", "quantize"},
                                     {"entropy"}}};

std::vector<Chosen<Stage>> stages_of(const Names& names) {
  static const auto kRegistry = [] {
    Registry registry;
    compression::register_codecs(registry);
    return registry;
  }();
  std::vector<Chosen<Stage>> stages;
  for (const auto* name : names) stages.push_back(Chosen<Stage>::make(kRegistry, name));
  return stages;
}

// By layers, by rungs and by rounds, then all chains.
const std::vector<std::shared_ptr<const Codec>>& codecs() {
  static const auto kMade = [] {
    std::vector<std::shared_ptr<const Codec>> made;
    CodecPlan layers{.chain = stages_of({"ecsq", "entropy"})};
    layers.per_layer = {{"b", stages_of({"global_top_k", "half"})}, {"v", stages_of({"sign"})}};
    made.push_back(compression::make_codec(layers));
    made.push_back(compression::make_codec({.chain = stages_of({"stc"}), .target_bits = 1}));
    made.push_back(compression::make_codec({.chain = stages_of({"top_k", "half"}), .warm_up = 4}));
    for (const auto& names : kChains) made.push_back(compression::make_codec(stages_of(names), false));
    return made;
  }();
  return kMade;
}

const Layout& layout() {
  static const Layout kLayout(
      {{"w", {12, 13}, TensorRole::trainable}, {"v", {14}, TensorRole::trainable}, {"b", {30}, TensorRole::trainable}});
  return kLayout;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t which = data[0] % codecs().size();
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  std::vector<std::byte> frame(bytes.begin(), bytes.end());
  if (!frame.empty() && (data[0] & 0x80U) != 0) repair_frame(frame);
  std::vector<float> out(layout().size());
  try {
    codecs()[which]->decode(frame, layout(), out);
  } catch (const FormatError&) {
    return 0;
  }
  if (which + 1 == codecs().size()) return 0;  // floats as they come
  for (const float value : out)
    if (!std::isfinite(value)) std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (std::size_t which = 0; which < codecs().size(); ++which) {
    Stream stream(which, Purpose::plugin);
    std::vector<float> x(layout().size());
    for (float& value : x) value = static_cast<float>(stream.normal());
    State none;
    const auto frame = codecs()[which]->encode(x, layout(), {}, stream, none);
    std::vector<std::uint8_t> seed{0x80};
    while (seed[0] % codecs().size() != which) ++seed[0];
    const auto* first = reinterpret_cast<const std::uint8_t*>(frame->data());
    seed.insert(seed.end(), first, first + frame->size());
    seeds.push_back(std::move(seed));
  }
  return seeds;
}
