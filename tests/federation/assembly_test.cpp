#include "federation/assembly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "federation/estimate.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::federation {
namespace {

using ::testing::HasSubstr;

configs::Document document(const std::string& more) {
  static const Registry kRegistry = testing::fake_registry();
  static const configs::Presets kPresets;
  return configs::read_document_text(testing::fake_federation(more), "f.yaml", {}, kRegistry, kPresets);
}

std::string message(const std::string& more) {
  try {
    assemble(document(more));
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

TEST(Assembly, NamesThePlaceOfWhatDoesNotFit) {
  EXPECT_THAT(message("selection: {uniform: {cohort: 10}}\nuplink: [{quantize: {bits: 4}}, {quantize: {bits: 2}}]\n"),
              HasSubstr("f.yaml:10:9: a codec chain quantises twice"));
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
}

}  // namespace
}  // namespace brume::federation
