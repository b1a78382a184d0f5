#include "configs/schema.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "configs/configuration.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::configs {
namespace {

nlohmann::ordered_json schema() {
  const auto registry = testing::fake_registry();
  Configuration configuration(registry);
  return json_schema([&](Options& options) { configuration.declare(options, registry); }, Presets());
}

TEST(Schema, ComesFromTheDeclarations) {
  const auto json = schema();
  const auto& rounds = json["properties"]["federation"]["properties"]["rounds"];
  EXPECT_EQ(rounds["type"], "integer");
  EXPECT_EQ(rounds["minimum"], 1);
  EXPECT_EQ(json["additionalProperties"], false);
  EXPECT_EQ(json["properties"]["deadline"]["anyOf"][1]["const"], "none");
}

TEST(Schema, TheReferenceListsEveryKey) {
  const auto page = reference_page(schema());
  for (const auto* key : {"`federation.rounds`", "`uplink.chain[].quantize.bits`", "`topology.devices[].link.up`",
                          "`algorithm.fedprox.mu`", "`selection.uniform.cohort`", "`data[fake].name`"})
    EXPECT_NE(page.find(key), std::string::npos) << key;
}

}  // namespace
}  // namespace brume::configs
