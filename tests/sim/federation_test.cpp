#include "sim/federation.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::sim {
namespace {

struct Outcome {
  std::string parameters;
  std::string events;
  double virtual_seconds = 0;
  Totals totals;
  std::vector<RoundReport> rounds;
};

class Recorder final : public Observer {
 public:
  explicit Recorder(std::vector<RoundReport>& rounds) : rounds_(rounds) {}
  void on_round(const RoundReport& report, const Totals& /*totals*/) override { rounds_.push_back(report); }

 private:
  std::vector<RoundReport>& rounds_;
};

Outcome run(const std::string& more, unsigned workers = 1, const std::vector<std::string>& set = {},
            std::uint64_t failing = 0) {
  static const Registry kRegistry = testing::fake_registry();
  static const configs::Presets kPresets;
  const auto document =
      configs::read_document_text(testing::fake_federation(more), "f.yaml", {set, {}, {}}, kRegistry, kPresets);
  const auto assembly = federation::assemble(document);
  Outcome outcome;
  Recorder recorder(outcome.rounds);
  Federation federation(document.configuration, assembly,
                        testing::FakeBackend(failing).start(assembly.training_setup(workers)), recorder);
  federation.run();
  outcome.parameters = to_hex(federation.model().digest());
  outcome.events = to_hex(federation.events_digest());
  outcome.virtual_seconds = in_seconds(federation.now());
  outcome.totals = federation.totals();
  return outcome;
}

const std::string kTen = "selection: {uniform: {cohort: 10}}\n";

TEST(Federation, Learns) {
  const auto outcome = run(kTen);
  ASSERT_EQ(outcome.rounds.size(), 6U);
  EXPECT_LT(outcome.rounds.back().metrics->loss, 0.7 * outcome.rounds.front().metrics->loss);
  EXPECT_EQ(outcome.totals.included, 60U);
  EXPECT_GT(outcome.totals.device_up_bytes, 60U * 400);
  EXPECT_GT(outcome.totals.compute_joules, 0);
  EXPECT_GT(outcome.totals.radio_joules, 0);
}

TEST(Federation, AnyNumberOfWorkersGivesTheSameRun) {
  const std::string more =
      "selection: {uniform: {cohort: 10, over_selection: 1.5}}\ndeadline: 5 s\n"
      "uplink: [{quantize: {bits: 3}}]\n";
  const auto one = run(more, 1);
  for (const unsigned workers : {2U, 4U}) {
    const auto several = run(more, workers);
    EXPECT_EQ(several.parameters, one.parameters);
    EXPECT_EQ(several.events, one.events);
  }
  EXPECT_EQ(one.totals.late, 30U);
}

// Without a deadline only the clock sees how slow the links are.
TEST(Federation, SlowLinksChangeTimeAndNothingElse) {
  const auto fast = run(kTen);
  const auto slow = run(kTen, 1,
                        {"topology.devices.0.link={up: 10.8 Mbit/s, down: 10.8 Mbit/s, latency: 30 ms}",
                         "topology.devices.1.link={up: 3.1 Mbit/s, down: 11.7 Mbit/s, latency: 445 ms}"});
  EXPECT_EQ(slow.parameters, fast.parameters);
  EXPECT_GT(slow.virtual_seconds, fast.virtual_seconds);
  EXPECT_NE(slow.events, fast.events);
}

TEST(Federation, ADeadlineLeavesSlowDevicesBehind) {
  const auto outcome = run(kTen + "deadline: 50 ms\n");
  EXPECT_GT(outcome.totals.late, 0U);
  EXPECT_GT(outcome.totals.included, 0U);
  for (const auto& round : outcome.rounds) {
    EXPECT_LE(round.closed - round.opened, std::chrono::milliseconds(50));
    EXPECT_EQ(round.included + round.late, round.cohort);
  }
}

TEST(Federation, FailingDevicesDoNotStopARound) {
  const auto outcome = run(kTen, 2, {}, 3);
  EXPECT_GT(outcome.totals.failed, 0U);
  EXPECT_EQ(outcome.totals.failed + outcome.totals.included, 60U);
  EXPECT_EQ(outcome.rounds[0].first_problem, "this device always fails");
}

TEST(Federation, ASharedCloudLinkTakesLonger) {
  const auto wide = run(kTen);
  const auto narrow = run(kTen, 1, {"topology.cloud.link={up: 100 kbit/s, down: 100 kbit/s}"});
  EXPECT_EQ(narrow.parameters, wide.parameters);
  // 6 rounds × 10 updates of at least 400 bytes through 100 kbit/s, and as much down.
  EXPECT_GT(narrow.virtual_seconds, 6 * 10 * 400 * 8 * 2 / 100e3);
}

// Everyone takes part in each round and one device needs longer than the deadline: it is late each time, whatever was
// left behind of its earlier tasks.
TEST(Federation, AStragglerStaysOne) {
  const std::string slow = "topology.devices.1={count: 1, profile: {training_speed: 10 MFLOP/s}, link: lte}";
  const auto outcome = run("selection: {uniform: {cohort: 31}}\ndeadline: 2 s\n", 1, {slow});
  for (const auto& round : outcome.rounds) {
    EXPECT_EQ(round.late, 1U);
    EXPECT_EQ(round.included, 30U);
  }
}

// The fake devices count their included rounds in their state and add them to the loss.
TEST(Federation, DevicesTrainFromTheStateThatTheirLastTaskLeft) {
  const auto outcome = run("selection: {uniform: {cohort: 50}}\n");
  for (std::size_t i = 1; i < outcome.rounds.size(); ++i)
    EXPECT_NEAR(outcome.rounds[i].training_loss - outcome.rounds[i - 1].training_loss, 1, 0.15);
}

class EveryCombination : public ::testing::TestWithParam<std::tuple<std::string, std::string, const char*>> {};

std::vector<std::string> uplinks() {
  std::vector<std::string> chains{"[]", "[{quantize: {bits: 1}}]"};
  for (const auto& name : testing::fake_registry().names("codec")) chains.push_back("[" + name + "]");
  return chains;
}

TEST_P(EveryCombination, RunsAndRepeats) {
  const auto& [algorithm, uplink, selection] = GetParam();
  const std::string more = "algorithm: " + algorithm + "\nuplink: " + uplink + "\nselection: " + selection + "\n";
  const auto first = run(more, 1);
  const auto second = run(more, 3);
  EXPECT_EQ(first.parameters, second.parameters);
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(first.rounds.size(), 6U);
}

INSTANTIATE_TEST_SUITE_P(
    Federation, EveryCombination,
    ::testing::Combine(::testing::ValuesIn(testing::fake_registry().names("algorithm")), ::testing::ValuesIn(uplinks()),
                       ::testing::Values("{uniform: {cohort: 10}}", "{uniform: {cohort: 5, over_selection: 2}}")));

}  // namespace
}  // namespace brume::sim
