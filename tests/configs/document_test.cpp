#include "configs/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_learning.hpp"

namespace brume::configs {
namespace {

using ::testing::HasSubstr;

const Registry& registry() {
  static const Registry kRegistry = testing::fake_registry();
  return kRegistry;
}
const Presets& presets() {
  static const Presets kPresets;
  return kPresets;
}

Document read(const std::string& text, const Overrides& overrides = {}) {
  return read_document_text(text, "f.yaml", overrides, registry(), presets());
}

std::string message(const std::string& text, const Overrides& overrides = {}) {
  try {
    read(text, overrides);
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return "";
}

std::string valid(const std::string& more = "") {
  return testing::fake_federation("selection: {uniform: {cohort: 10}}\n" + more);
}

TEST(Document, ReadsTypedValues) {
  const auto document = read(valid("deadline: 10 min\nuplink: [{quantize: {bits: 4}}, none]\n"));
  const auto& configuration = document.configuration;
  EXPECT_EQ(configuration.federation.rounds, 6);
  EXPECT_EQ(configuration.deadline, 600.0);
  EXPECT_EQ(configuration.uplink.chain.size(), 2U);
  EXPECT_EQ(configuration.uplink.chain[0].name, "quantize");
  EXPECT_EQ(configuration.devices[1].link.preset, "lte");
  EXPECT_EQ(configuration.devices[1].link.down, 117e6);
  EXPECT_EQ(configuration.device_count(), 50U);
  EXPECT_EQ(configuration.algorithm.name, "fedavg");
}

TEST(Document, ALonghandChainEqualsTheShort) {
  const auto document = read(valid("uplink: {chain: [{quantize: {bits: 4}}]}\n"));
  EXPECT_EQ(document.configuration.uplink.chain[0].name, "quantize");
}

TEST(Document, ReportsEverythingThatIsWrongAtOnce) {
  const auto text = message(
      "federation: {name: x, rounds: -1, seeds: 3}\n"
      "model: fakee\n"
      "data: {name: fake}\n"
      "training: {batch_size: ten}\n"
      "algorithm: fedprx\n"
      "uplink: [{quantize: {bits: 40}}]\n"
      "topology:\n"
      "  devices:\n"
      "    - {count: 5, profile: jetson, link: {up: 10 Mbits, down: 1 Mbit/s}}\n");
  EXPECT_THAT(text, HasSubstr("f.yaml:1:31: 'rounds' must be between 1 and 1000000000, not -1"));
  EXPECT_THAT(text, HasSubstr("f.yaml:1:35: unknown key 'seeds' in 'federation'; did you mean 'seed'?"));
  EXPECT_THAT(text, HasSubstr("f.yaml:2:8: unknown model 'fakee'; did you mean 'fake'?"));
  EXPECT_THAT(text, HasSubstr("f.yaml:4:24: 'batch_size' must be a whole number, not 'ten'"));
  EXPECT_THAT(text, HasSubstr("f.yaml:5:12: unknown algorithm 'fedprx'; did you mean 'fedprox'?"));
  EXPECT_THAT(text, HasSubstr("f.yaml:6:28: 'bits' must be between 1 and 16, not 40"));
  EXPECT_THAT(text, HasSubstr("f.yaml:9:27: unknown device preset 'jetson'"));
  EXPECT_THAT(text, HasSubstr("f.yaml:9:46: 'up' has unknown unit 'Mbits'; did you mean 'Mbit/s'?"));
  EXPECT_THAT(text, HasSubstr("f.yaml:1:1: the file needs the key 'selection'"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 8);
}

TEST(Document, FindsContradictions) {
  EXPECT_THAT(message(testing::fake_federation("selection: {uniform: {cohort: 51}}\n")),
              HasSubstr("f.yaml:9:31: a cohort of 51 is more than the 50 devices there are"));
  EXPECT_THAT(message("federation: {rounds: 1}\nmodel: fake\ndata: {name: fake}\ntraining: {epochs: 2, steps: 2}\n"
                      "selection: {uniform: {cohort: 1}}\n"
                      "topology: {devices: [{count: 1, profile: jetson-nano, link: wifi}]}\n"),
              HasSubstr("either epochs or steps"));
}

struct Wrong {
  const char* text;
  const char* expected;
};
class WrongShape : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongShape, IsExplained) { EXPECT_THAT(message(valid(GetParam().text)), HasSubstr(GetParam().expected)); }

INSTANTIATE_TEST_SUITE_P(
    Document, WrongShape,
    ::testing::Values(
        Wrong{"deadline: [1 s]\n", "'deadline' must be a single value, not a list"},
        Wrong{"deadline:\n", "'deadline' has no value"}, Wrong{"deadline: 5\n", "'deadline' has no unit"},
        Wrong{"deadline: 0 s\n", "'deadline' must be above 0 s"},
        Wrong{"evaluation: often\n", "'evaluation' must be a map of keys, not a single value"},
        Wrong{"uplink: {quantise: 4}\n", "unknown key 'quantise' in 'uplink'"},
        Wrong{"uplink: [[none]]\n", "must name one codec"},
        Wrong{"algorithm: {fedavg: {}, fedprox: {}}\n", "must name one algorithm"},
        Wrong{"algorithm: {fedavg: {mu: 1}}\n", "unknown key 'mu' in 'fedavg'"},
        Wrong{"fog_uplink: lossy\n",
              "unknown codec 'lossy'; (known: codebook, dither, ecsq, eden, entropy, exact, global_top_k, half, none, "
              "powersgd, qsgd, quantize, random_k, sign, stc, tcq, terngrad, top_k)"},
        Wrong{"evaluation: {every: '5'}\n", "must be a whole number"}));

TEST(Document, OverridesChangeValuesAndAreNamed) {
  const auto document =
      read(valid(),
           {{"federation.rounds=3", "algorithm.fedavg.server_learning_rate=0.5", "topology.devices.1.count=1"}, 9, {}});
  EXPECT_EQ(document.configuration.federation.rounds, 3);
  EXPECT_EQ(document.configuration.federation.seed, 9);
  EXPECT_EQ(document.configuration.device_count(), 31U);
  EXPECT_THAT(message(valid(), {{"federation.rounds=0"}, {}, {}}),
              HasSubstr("--set federation.rounds=0: 'rounds' must be between 1"));
}

TEST(Document, IsNoList) { EXPECT_THAT(message("[1, 2]\n"), HasSubstr("a federation file is a map of keys")); }

std::string alias_bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  return text;
}

std::string noise() {
  std::string text;
  Stream stream(1, Purpose::plugin);
  for (int i = 0; i < 500'000; ++i) text += static_cast<char>(stream.next());
  return text;
}

// How soon, and in how much memory, is measured on the whole program by tests/e2e/hostile_test.py.
TEST(Document, HostileFilesEndInAnError) {
  for (const char repeated : {'[', '{', '-', '?', '!', '|', '&', '*', '%', '"', ':', '\0'})
    EXPECT_NE(message(std::string(100'000, repeated)), "") << repeated;
  for (const auto& text : {alias_bomb(), noise(), std::string(2'000'000, 'x'), "a: " + std::string(100'000, '&')})
    EXPECT_NE(message(text), "");
}

}  // namespace
}  // namespace brume::configs
