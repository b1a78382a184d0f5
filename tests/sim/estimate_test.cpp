// What `brume check` says of a round's time against what the simulator makes of it.
#include "federation/estimate.hpp"

#include <gtest/gtest.h>

#include "sim/federation.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::sim {
namespace {

class Silent final : public Observer {
 public:
  void on_round(const RoundReport& /*report*/, const Totals& /*totals*/) override {}
};

// Estimated over simulated seconds of a round, all 50 devices taking part, 8 kB a message.
double ratio(const std::string& fog, const std::string& cloud) {
  static const Registry kRegistry = testing::fake_registry();
  static const configs::Presets kPresets;
  const auto document = configs::read_document_text(
      testing::fake_federation("selection: {uniform: {cohort: 50}}\n"), "f.yaml",
      {{"model={fake: {size: 2000}}", "topology.fog=" + fog, "topology.cloud.link=" + cloud}, {}, {}}, kRegistry,
      kPresets);
  const auto assembly = federation::assemble(document);
  Silent silent;
  Federation federation(document.configuration, assembly, testing::FakeBackend().start(assembly.training_setup(1)),
                        silent);
  federation.run();
  const auto rounds = static_cast<double>(document.configuration.federation.rounds);
  return federation::estimate(document, assembly).round_seconds / (in_seconds(federation.now()) / rounds);
}

TEST(Estimate, IsNearWhatIsSimulated) {
  const std::string wide = "{up: 10 Gbit/s, down: 10 Gbit/s}";
  const std::string narrow = "{up: 1 Mbit/s, down: 500 kbit/s}";
  const std::string slow = "link: {up: 100 kbit/s, down: 200 kbit/s, latency: 5 ms}}]";
  for (const std::string& fog : {std::string("[]"), "[{count: 5, " + slow, "[{count: 5, aggregates: false, " + slow,
                                 std::string("[{count: 5, cell: wifi-cell, link: ethernet}]"),
                                 std::string("[{count: 5, cell: {up: 50 kbit/s, down: 90 kbit/s}, link: ethernet}]"),
                                 std::string("[{count: 3, aggregates: false, cell: lte-cell, link: ethernet}]")})
    for (const auto& cloud : {wide, narrow}) {
      const double estimated = ratio(fog, cloud);
      EXPECT_GT(estimated, 0.5) << fog << cloud;
      EXPECT_LT(estimated, 2) << fog << cloud;
    }
}

}  // namespace
}  // namespace brume::sim
