#include "federation/assembly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algorithms/fedavg.hpp"
#include "core/model_file.hpp"
#include "federation/estimate.hpp"
#include "tests/support/fake_learning.hpp"
#include "tests/support/scratch.hpp"

namespace brume::federation {
namespace {

using ::testing::HasSubstr;

configs::Document document(const std::string& more, const std::vector<std::string>& set = {}) {
  static const Registry kRegistry = testing::fake_registry();
  static const configs::Presets kPresets;
  return configs::read_document_text(testing::fake_federation(more), "f.yaml", {set, {}, {}}, kRegistry, kPresets);
}

std::string message(const std::string& more, const std::vector<std::string>& set = {}) {
  try {
    assemble(document(more, set));
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return "";
}

TEST(Assembly, PutsAFederationTogether) {
  const auto assembly = assemble(document("selection: {uniform: {cohort: 10}}\nalgorithm: fedprox\n"));
  EXPECT_EQ(assembly.facts.layout->size(), 100U);
  EXPECT_EQ(assembly.data->device_count(), 50U);
  EXPECT_NE(assembly.program, nullptr);
  EXPECT_EQ(assembly.initial_model().digest(), assembly.initial_model().digest());
}

TEST(Assembly, StartsFromAModelFileThatFits) {
  const testing::Scratch scratch;
  const std::string more = "selection: {uniform: {cohort: 10}}\n";
  auto start = assemble(document(more)).initial_model();
  start.values()[7] = 42;
  write_model_file(scratch.path / "start.brume", start);
  const auto from = [&](const std::string& file) {
    return document(more + "start: {file: " + (scratch.path / file).string() + "}\n");
  };
  EXPECT_EQ(assemble(from("start.brume")).initial_model().values()[7], 42);
  EXPECT_THROW(assemble(from("none.brume")).initial_model(), RequestError);
  write_model_file(scratch.path / "other.brume",
                   Parameters(std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {100}}})));
  EXPECT_THROW(assemble(from("other.brume")).initial_model(), RequestError);
}

TEST(Assembly, NamesThePlaceOfWhatDoesNotFit) {
  EXPECT_THAT(message("selection: {uniform: {cohort: 10}}\nuplink: [{quantize: {bits: 4}}, {quantize: {bits: 2}}]\n"),
              HasSubstr("f.yaml:10:9: a codec chain quantises twice"));
  EXPECT_THAT(message("selection: {uniform: {cohort: 10}}\n", {"training.partial_work=0.5"}),
              HasSubstr("need more than one epoch"));
}

class Median final : public algorithms::FedAvg {
 public:
  AlgorithmTraits traits() const override { return {.keeps_updates = true}; }
};
class Secret final : public algorithms::FedAvg {
 public:
  AlgorithmTraits traits() const override { return {.needs_exact_sums = true}; }
  std::vector<VectorSpec> client_state(const LayoutPointer& model) const override { return {{"control", model}}; }
};

std::string message_with_more(const std::string& more) {
  Registry registry = testing::fake_registry();
  registry.add<Median>("median", "needs every update", "–");
  registry.add<Secret>("secret", "needs exact sums and keeps state on devices", "–");
  const configs::Presets presets;
  try {
    assemble(configs::read_document_text(testing::fake_federation(more), "f.yaml", {}, registry, presets));
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return "";
}

TEST(Assembly, ALossyFogUplinkIsRefusedWhereSumsMustBeExact) {
  const std::string more = "selection: {uniform: {cohort: 10}}\nfog_uplink: [{quantize: {bits: 8}}]\nalgorithm: ";
  EXPECT_THAT(message_with_more(more + "median\n"),
              HasSubstr("f.yaml:10:13: algorithm 'median' needs every update as it "
                        "is; use 'exact'"));
  EXPECT_THAT(message_with_more(more + "secret\n"), HasSubstr("algorithm 'secret' needs exact sums; use 'exact'"));
  EXPECT_EQ(message_with_more(more + "fedavg\n"), "");
}

TEST(Assembly, StateNeedsDevicesThatKeepIt) {
  const auto document = [](const char* algorithm) {
    return std::string("selection: {uniform: {cohort: 1}}\nalgorithm: ") + algorithm + "\n";
  };
  Registry registry = testing::fake_registry();
  registry.add<Secret>("secret", "keeps state on devices", "–");
  const configs::Presets presets;
  const configs::Overrides forgetful{{"topology.devices.1.persistent=false"}, {}, {}};
  const auto read = [&](const char* algorithm) {
    return configs::read_document_text(testing::fake_federation(document(algorithm)), "f.yaml", forgetful, registry,
                                       presets);
  };
  EXPECT_NO_THROW(assemble(read("fedavg")));
  try {
    assemble(read("secret"));
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("these devices keep no state, which algorithm 'secret' needs"));
  }
}

TEST(Estimate, AddsUp) {
  const auto file =
      document("selection: {uniform: {cohort: 10, over_selection: 1.5}}\nuplink: [{quantize: {bits: 8}}]\n");
  const auto assembly = assemble(file);
  const auto e = estimate(file, assembly);
  EXPECT_EQ(e.parameters, 100U);
  EXPECT_EQ(e.up_bytes_per_round, 15 * assembly.uplink->worst_case_bytes(*assembly.facts.layout));
  EXPECT_GT(e.down_bytes_per_round, e.up_bytes_per_round);
  EXPECT_GT(e.round_seconds, 0);
  EXPECT_THAT(e.slowest_group, HasSubstr("raspberry-pi-4 on lte"));
  EXPECT_THAT(to_text(e, 6), HasSubstr("100 parameters"));
  EXPECT_EQ(e.client_state_bytes, 0U);
  EXPECT_EQ(e.fog_comment, "");
}

const std::string kWarmUp =
    "selection: {uniform: {cohort: 10}}\nuplink: {chain: [{top_k: {fraction: 0.01}}], rate: {warm_up: 5}}\n";
const std::string kLarge = "model={fake: {size: 100000}}";

TEST(Estimate, CountsWhatUpdatesTakeMoreWhileTheyWarmUp) {
  for (const int rounds : {3, 6, 40}) {
    const auto file = document(kWarmUp, {kLarge, "federation.rounds=" + std::to_string(rounds)});
    const auto assembly = assemble(file);
    const auto e = estimate(file, assembly);
    std::uint64_t all = 0;
    for (int version = 0; version < rounds; ++version)
      all += 10 * assembly.uplink->worst_case_bytes_of(static_cast<Version>(version), *assembly.facts.layout);
    EXPECT_EQ(static_cast<double>(e.up_bytes_per_round) * rounds + e.warming_up_bytes, static_cast<double>(all));
    EXPECT_EQ(e.first_up_bytes, 10 * assembly.uplink->worst_case_bytes(*assembly.facts.layout));
    EXPECT_GT(e.first_up_bytes, 3 * e.up_bytes_per_round);
    EXPECT_THAT(to_text(e, rounds), HasSubstr(" in the first round, "));
  }
  const auto file = document("selection: {uniform: {cohort: 10}}\n");
  EXPECT_EQ(estimate(file, assemble(file)).warming_up_bytes, 0);
}

// 25,000 elements with their positions are about 150 kB, a thousand 6 kB.
TEST(Assembly, RefusesADeadlineThatTheFirstUpdatesMiss) {
  const auto with = [&](const std::string& up) {
    return message(kWarmUp + "deadline: 20 s\n", {kLarge, "topology.devices.1.link.lte.up=" + up});
  };
  EXPECT_THAT(with("40 kbit/s"), HasSubstr("these devices cannot take part at first, while updates carry more"));
  EXPECT_THAT(with("1 kbit/s"), HasSubstr("these devices can never take part"));
  EXPECT_EQ(with("10 Mbit/s"), "");
}

TEST(Estimate, TellsOfTheTreeAndOfWhatDevicesKeep) {
  const auto file = document("selection: {uniform: {cohort: 10}}\nuplink: [{top_k: {fraction: 0.1}}]\n",
                             {"topology.fog=[{count: 2, link: wifi}, {count: 5, link: wifi}]"});
  const auto e = estimate(file, assemble(file));
  EXPECT_EQ(e.client_state_bytes, 800U);
  const auto text = to_text(e, 6);
  EXPECT_THAT(text, HasSubstr("800 B a device, 40.0 kB for 50 devices"));
  EXPECT_THAT(text, HasSubstr("7 fog nodes in 2 tiers"));
  EXPECT_THAT(text, HasSubstr("bit for bit the model of a flat fleet"));
  const auto lossy = document("selection: {uniform: {cohort: 10}}\nfog_uplink: [{quantize: {bits: 8}}]\n",
                              {"topology.fog=[{count: 2, link: wifi}]"});
  EXPECT_THAT(to_text(estimate(lossy, assemble(lossy)), 6), HasSubstr("not that of a flat fleet"));
}

// Largest errors q: 2 · 16 / 127 for 8 bits in groups of 256, √0.19 for 81 %; q / (1 − q) with error feedback.
TEST(Estimate, TellsHowFarALossyTreeMayBeFromAFlatFleet) {
  const auto comment = [](const std::string& chain, const std::string& tiers) {
    const auto file =
        document("selection: {uniform: {cohort: 10}}\nfog_uplink: " + chain + "\n", {"topology.fog=" + tiers});
    return estimate(file, assemble(file)).fog_comment;
  };
  const std::string one = "[{count: 2, link: wifi}]";
  const std::string two = "[{count: 2, link: wifi}, {count: 5, link: wifi}]";
  EXPECT_THAT(comment("[{quantize: {bits: 8}}, entropy]", one), HasSubstr("a step's mean is at most 0.252 of"));
  EXPECT_THAT(comment("[{quantize: {bits: 8}}]", two), HasSubstr("a step's mean is at most 0.567"));
  EXPECT_THAT(comment("[{top_k: {fraction: 0.81}}]", one), HasSubstr("all steps' means together are at most 0.773"));
  EXPECT_THAT(comment("[{tcq: {step: 1}}, entropy]", one), HasSubstr("is not known for this chain"));
}

}  // namespace
}  // namespace brume::federation
