#include "tests/compression/sources.hpp"

#include <gtest/gtest.h>

#include "compression/make_codec.hpp"
#include "compression/registration.hpp"
#include "configs/codec.hpp"
#include "configs/declared.hpp"

namespace brume::compression::testing {

std::shared_ptr<const Codec> codec(const std::string& yaml) {
  Registry registry;
  register_codecs(registry);
  std::vector<Chosen<Stage>> chosen;
  configs::read_part("chain: " + yaml, "chain", [&](Options& options) {
    ChoiceListOf<Stage> stages(chosen, registry);
    options.choices({"chain", "stages"}, stages);
  });
  return make_codec(chosen, false);
}

std::shared_ptr<const Codec> uplink(const std::string& yaml) {
  Registry registry;
  register_codecs(registry);
  CodecPlan plan;
  configs::read_part("uplink: " + yaml, "uplink",
                     [&](Options& options) { configs::declare_uplink(options, plan, registry); });
  return make_codec(plan);
}

Coded through(const Codec& codec, const std::vector<float>& x, std::uint64_t seed) {
  const Layout layout({{"w", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
  State none;
  const auto frame = codec.encode(x, layout, {}, Stream(seed, Purpose::uplink), none);
  EXPECT_LE(frame->size(), codec.worst_case_bytes(layout));
  Coded coded{std::vector<float>(x.size()), 8.0 * static_cast<double>(frame->size()) / static_cast<double>(x.size())};
  codec.decode(*frame, layout, coded.values);
  return coded;
}

}  // namespace brume::compression::testing
