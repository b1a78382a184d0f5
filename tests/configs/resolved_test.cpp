#include "configs/resolved.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configs/document.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::configs {
namespace {

using ::testing::ContainsRegex;

struct Fixture {
  Registry registry = testing::fake_registry();
  Presets presets;
  Document document = read_document_text(
      testing::fake_federation("selection: {uniform: {cohort: 10}}\nuplink: [{quantize: {bits: 4}}]\n"
                               "algorithm: fedadam\n"),
      "f.yaml", {{"federation.rounds=2"}, {}, {}}, registry, presets);
};

TEST(Resolved, SaysWhereEachValueCameFrom) {
  Fixture f;
  const auto text = to_explanation(resolve(f.document, f.registry, f.presets));
  EXPECT_THAT(text, ContainsRegex("federation.seed +5 +# f.yaml:1:32"));
  EXPECT_THAT(text, ContainsRegex("federation.rounds +2 +# --set federation.rounds=2"));
  EXPECT_THAT(text, ContainsRegex("training.epochs +1 +# default"));
  EXPECT_THAT(text, ContainsRegex("topology.devices.0.link.up +108 Mbit/s +# preset wifi"));
  EXPECT_THAT(text, ContainsRegex("uplink.chain.0.quantize.group_size +256 +# default"));
  EXPECT_THAT(text, ContainsRegex("algorithm.fedadam.beta1 +0.9 +# default"));
}

TEST(Resolved, ReadsBackToTheSameValues) {
  Fixture f;
  const auto yaml = to_yaml(resolve(f.document, f.registry, f.presets));
  auto again = read_document_text(yaml, "resolved.yaml", {}, f.registry, f.presets);
  EXPECT_EQ(to_yaml(resolve(again, f.registry, f.presets)), yaml);
}

TEST(Resolved, QuotesTextsThatYamlWouldTakeForSomethingElse) {
  EXPECT_EQ(yaml_scalar("plain-word"), "plain-word");
  EXPECT_EQ(yaml_scalar(""), "''");
  EXPECT_EQ(yaml_scalar("it's: odd"), "'it''s: odd'");
  EXPECT_EQ(yaml_scalar("null"), "'null'");
}

}  // namespace
}  // namespace brume::configs
