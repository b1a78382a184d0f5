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
  std::vector<DeviceMetrics> on_devices;
};

class Recorder final : public Observer {
 public:
  explicit Recorder(std::vector<RoundReport>& rounds) : rounds_(rounds) {}
  void on_round(const RoundReport& report, const Totals& /*totals*/) override { rounds_.push_back(report); }
  void on_devices_evaluated(const DeviceMetrics& metrics) override { on_devices.push_back(metrics); }
  std::vector<DeviceMetrics> on_devices;

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
  outcome.on_devices = recorder.on_devices;
  return outcome;
}

// Half of the tasks of the second group of devices take longer than any deadline here.
const std::string kStragglers = "topology.devices.1.profile={raspberry-pi-4: {straggling: 0.5, slowdown: 1000}}";

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
  const auto outcome = run(kTen + "deadline: 2 s\n", 1, {kStragglers});
  EXPECT_GT(outcome.totals.late, 0U);
  EXPECT_GT(outcome.totals.included, 0U);
  for (const auto& round : outcome.rounds) {
    EXPECT_LE(round.closed - round.opened, std::chrono::seconds(2));
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
  const std::string slow = "topology.devices.1={count: 1, profile: {peak: 10 MFLOP/s, efficiency: 1}, link: lte}";
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

class EveryCombination
    : public ::testing::TestWithParam<std::tuple<std::string, std::string, const char*, const char*>> {};

const std::string kTwoTiers =
    "[{count: 2, link: {up: 1 Gbit/s, down: 1 Gbit/s}}, {count: 7, link: {up: 50 Mbit/s, down: 50 Mbit/s, latency: 5 "
    "ms}}]";

std::string fog_of(int nodes) {
  return "[{count: " + std::to_string(nodes) + ", link: {up: 50 Mbit/s, down: 50 Mbit/s, latency: 15 ms}}]";
}

std::vector<std::string> uplinks() {
  return {"[]",
          "[{quantize: {bits: 1}}]",
          "[{top_k: {fraction: 0.1}}, {quantize: {bits: 4}}]",
          "[dither, entropy]",
          "[{tcq: {step: 0.5}}, entropy]",
          "{chain: [{global_top_k: {fraction: 0.2}}, half], rate: {warm_up: 2}, momentum_correction: 0.5}"};
}

// But the baseline of one device that has all data, which is none of rounds with a cohort.
std::vector<std::string> algorithms() {
  auto names = testing::fake_registry().names("algorithm");
  names.erase(std::find(names.begin(), names.end(), "centralised"));
  return names;
}

TEST_P(EveryCombination, RunsAndRepeats) {
  const auto& [algorithm, uplink, selection, fog] = GetParam();
  const std::string more = "algorithm: " + algorithm + "\nuplink: " + uplink + "\nselection: " + selection + "\n";
  const std::vector<std::string> tree{std::string("topology.fog=") + fog};
  if (algorithm == "hierfavg" && std::string(fog) == "[]") {
    EXPECT_THROW(run(more, 1, tree), ConfigurationError);  // who would run its rounds?
    return;
  }
  const auto first = run(more, 1, tree);
  const auto second = run(more, 3, tree);
  EXPECT_EQ(first.parameters, second.parameters);
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(first.rounds.size(), 6U);
  EXPECT_GT(first.totals.included, 0U);
  EXPECT_EQ(first.totals.failed + first.totals.refused, 0U) << first.rounds[0].first_problem;
}

INSTANTIATE_TEST_SUITE_P(Federation, EveryCombination,
                         ::testing::Combine(::testing::ValuesIn(algorithms()), ::testing::ValuesIn(uplinks()),
                                            ::testing::Values("{uniform: {cohort: 10}}",
                                                              "{uniform: {cohort: 5, over_selection: 2}}"),
                                            ::testing::Values("[]", "[{count: 3, link: wifi}]",
                                                              "[{count: 2, link: wifi}, {count: 7, link: lte}]")));

// What a device has learnt in a round counts when that round is evaluated, though it has not heard the verdict yet.
TEST(Federation, DevicesAreEvaluatedWithWhatTheyHaveJustLearnt) {
  for (const auto* algorithm : {"local_only", "ditto", "fedper"}) {
    const auto outcome = run(
        "selection: {uniform: {cohort: 50}}\nevaluation: {devices: 30}\nalgorithm: " + std::string(algorithm) + "\n");
    ASSERT_EQ(outcome.on_devices.size(), 6U);
    double before = 0.5 * (1.5 + 0.5);  // the initial model's elements lie between −0.5 and 0.5
    for (const auto& metrics : outcome.on_devices) {
      EXPECT_EQ(metrics.devices, 30U);
      EXPECT_LT(metrics.loss, 0.99 * before) << algorithm;
      before = metrics.loss;
    }
  }
}

TEST(Federation, CentralisedNeedsACohortOfOne) {
  EXPECT_THROW(run(kTen + "algorithm: centralised\n"), ConfigurationError);
  const auto outcome = run("selection: {uniform: {cohort: 1}}\nalgorithm: centralised\n");
  const auto fedavg = run("selection: {uniform: {cohort: 1}}\n");
  EXPECT_EQ(outcome.totals.included, 6U);
  EXPECT_GT(outcome.virtual_seconds, 2 * fedavg.virtual_seconds);  // the examples of 50 devices
}

TEST(Federation, EveryCodecAloneRunsAndRepeats) {
  for (const auto& name : testing::fake_registry().names("codec")) {
    if (name == "exact") continue;  // of fog nodes
    const std::string more = kTen + "uplink: [" + name + "]\n";
    const auto first = run(more, 1, {"topology.fog=" + kTwoTiers});
    EXPECT_EQ(first.events, run(more, 3, {"topology.fog=" + kTwoTiers}).events) << name;
    EXPECT_EQ(first.totals.included, 60U) << name;
  }
}

// The same members give the same model, however they are connected: sums are exact and depth is free.
TEST(Federation, ATreeGivesTheModelOfAFlatFleet) {
  for (const auto& algorithm : algorithms())
    for (const auto& uplink : uplinks()) {
      if (algorithm == "hierfavg") continue;  // its fog nodes run rounds of their own
      const std::string more = kTen + "algorithm: " + algorithm + "\nuplink: " + uplink + "\n";
      const auto flat = run(more);
      for (const auto& fog : {fog_of(1), fog_of(3), fog_of(20), kTwoTiers}) {
        const auto tree = run(more, 2, {"topology.fog=" + fog});
        EXPECT_EQ(tree.parameters, flat.parameters) << algorithm << uplink << fog;
        EXPECT_EQ(tree.totals.included, flat.totals.included);
        EXPECT_GT(tree.totals.fog_up_bytes, 0U);
        for (std::size_t i = 0; i < flat.rounds.size(); ++i)
          ASSERT_EQ(tree.rounds[i].training_loss, flat.rounds[i].training_loss);
      }
    }
}

const std::string kChanges =
    "downlink: {chain: [{quantize: {bits: 8}}, entropy], changes: [{global_top_k: {fraction: 0.2}}, half]}\n";

// Versions that go down as changes are the same on every device, whatever way they come.
TEST(Federation, ChangesOfTheModelAreTheSameOverATree) {
  for (const auto* algorithm : {"fedavg", "scaffold", "ditto"}) {
    const auto more = kTen + kChanges + "algorithm: " + algorithm + "\nuplink: [dither, entropy]\n";
    const auto flat = run(more);
    EXPECT_EQ(flat.totals.included, 60U);
    EXPECT_EQ(run(more, 3).events, flat.events);
    for (const auto& fog : {fog_of(3), kTwoTiers}) {
      const auto tree = run(more, 2, {"topology.fog=" + fog});
      EXPECT_EQ(tree.parameters, flat.parameters) << algorithm << fog;
      EXPECT_EQ(tree.totals.included, flat.totals.included);
    }
  }
}

// All devices take part in each round: after the first, what they get is a change.
TEST(Federation, ChangesOfTheModelTakeFewerBytes) {
  const std::string all = "selection: {uniform: {cohort: 50}}\n";
  const auto whole = run(all);
  const auto changes = run(all + kChanges);
  EXPECT_LT(changes.rounds.back().metrics->loss, 1.2 * whole.rounds.back().metrics->loss);
  EXPECT_LT(changes.totals.device_down_bytes, whole.totals.device_down_bytes);
}

// A first model of a bit an element: the server goes on from what devices got.
TEST(Federation, ChangesBeginFromACoarseModel) {
  const std::string coarse =
      kTen + "downlink: {chain: [{tcq: {step: 1}}, entropy], changes: [{global_top_k: {fraction: 0.2}}, half]}\n";
  const auto outcome = run(coarse);
  EXPECT_LT(outcome.rounds.back().metrics->loss, 0.8 * outcome.rounds.front().metrics->loss);
  EXPECT_THROW(run(coarse + "algorithm: scaffold\n"), ConfigurationError);  // its control variate goes down whole
}

TEST(Federation, CodecsThatWouldNotWorkAreRefused) {
  EXPECT_THROW(run(kTen + kChanges + "algorithm: hierfavg\n", 1, {"topology.fog=" + fog_of(3)}), ConfigurationError);
  EXPECT_THROW(run(kTen + "downlink: {changes: [powersgd]}\n"), ConfigurationError);
  EXPECT_THROW(run(kTen + "downlink: {changes: [{dither: {step: 20}}, entropy]}\n"), ConfigurationError);
  EXPECT_THROW(run(kTen + "uplink: [{sign: {scale: one}}]\n"), ConfigurationError);
  EXPECT_THROW(run(kTen + "downlink: [{sign: {scale: one}}]\nalgorithm: signsgd\n"), ConfigurationError);
  EXPECT_THROW(run(kTen + "uplink: {chain: [sign], per_layer: [{match: '*', codec: exact}]}\n"), ConfigurationError);
  EXPECT_NO_THROW(run(kTen + "uplink: [{sign: {scale: one}}]\nalgorithm: signsgd\n"));
}

// Where the updates behind a sum are shorter than it, they go up in its place.
TEST(Federation, AFogNodeSendsNoMoreThanItsDevices) {
  for (const auto& uplink : {"[{global_top_k: {fraction: 0.02}}]", "[sign]"}) {
    const std::string more = kTen + "uplink: " + uplink + "\n";
    const auto tree = run(more, 1, {"topology.fog=" + fog_of(5)});
    EXPECT_LT(tree.totals.fog_up_bytes, tree.totals.device_up_bytes + 6 * 5 * 100) << uplink;
    EXPECT_EQ(tree.parameters, run(more).parameters);
  }
}

// Fog nodes report counts, the cloud closes, and what has been folded by then counts.
TEST(Federation, OverSelectionEndsARoundEarlyOverATree) {
  const std::string more = "selection: {uniform: {cohort: 10, over_selection: 2}}\n";
  for (const auto& fog : {fog_of(3), kTwoTiers}) {
    const auto some = run(more, 1, {"topology.fog=" + fog});
    const auto all = run("selection: {uniform: {cohort: 20}}\n", 1, {"topology.fog=" + fog});
    EXPECT_LT(some.virtual_seconds, all.virtual_seconds);
    for (const auto& round : some.rounds) {
      EXPECT_GE(round.included, 10U);
      EXPECT_EQ(round.included + round.late, 20U);
    }
    EXPECT_GT(some.totals.late, 0U);
  }
}

TEST(Federation, ADeadlineClosesEveryTier) {
  for (const auto& fog : {fog_of(3), kTwoTiers}) {
    const auto outcome = run(kTen + "deadline: 2 s\n", 1, {"topology.fog=" + fog, kStragglers});
    EXPECT_GT(outcome.totals.late, 0U);
    EXPECT_GT(outcome.totals.included, 0U);
    for (const auto& round : outcome.rounds) EXPECT_EQ(round.included + round.late, round.cohort);
  }
}

// Each part alone would be in time, but together they fill the cloud's link: all devices are late, and hear so.
TEST(Federation, APartThatMissesTheCloudsDeadlineIsLate) {
  const auto outcome = run(kTen + "deadline: 3 s\n", 1,
                           {"topology.fog=" + fog_of(5), "topology.devices.1.link=wifi",
                            "topology.cloud.link={up: 10 Mbit/s, down: 3 kbit/s}"});
  EXPECT_EQ(outcome.totals.included, 0U);
  EXPECT_EQ(outcome.totals.late, 60U);
}

TEST(Federation, ALossyFogUplinkIsSmallerAndClose) {
  const std::string more = kTen + "uplink: [{quantize: {bits: 8}}]\n";
  const std::string kLarge = "model={fake: {size: 5000}}";
  const auto exact = run(more, 1, {"topology.fog=" + fog_of(3), kLarge});
  const auto lossy = run(more + "fog_uplink: [{quantize: {bits: 8}}]\n", 1, {"topology.fog=" + fog_of(3), kLarge});
  EXPECT_LT(lossy.totals.fog_up_bytes, exact.totals.fog_up_bytes);
  EXPECT_NE(lossy.parameters, exact.parameters);
  EXPECT_NEAR(lossy.rounds.back().metrics->loss, exact.rounds.back().metrics->loss, 0.02);
}

// On a slow link updates would miss the deadline, and such a file is refused; devices that choose how small theirs are
// do not miss it, and those on a fast link send no less than before.
TEST(Federation, DevicesMakeTheirUpdatesSmallEnoughForTheDeadline) {
  const std::string chain = "[{dither: {step: 0.02}}, entropy]";
  const std::vector<std::string> settings{"model={fake: {size: 5000}}", "topology.devices.1.link.lte.up=10 kbit/s"};
  const auto patient = run(kTen + "deadline: 30 s\nuplink: " + chain + "\n", 1, settings);
  const std::string soon = kTen + "deadline: 4 s\nuplink: ";
  EXPECT_THROW(run(soon + chain + "\n", 1, settings), ConfigurationError);
  const auto choosing = run(soon + "{chain: " + chain + ", rate: {deadline: auto}}\n", 2, settings);
  EXPECT_EQ(choosing.totals.late, 0U);
  EXPECT_EQ(choosing.totals.included, 60U);
  EXPECT_GT(choosing.totals.device_up_bytes, patient.totals.device_up_bytes / 3);
  EXPECT_LT(choosing.totals.device_up_bytes, patient.totals.device_up_bytes);
}

// A quarter of the elements, then a quarter of that, down to a thousandth: what each round adds to the bytes.
TEST(Federation, UpdatesCarryLessFromVersionToVersionWhileTheyWarmUp) {
  const std::string uplink = "uplink: {chain: [{global_top_k: {fraction: 0.001}}], rate: {warm_up: 4}}\n";
  std::vector<std::uint64_t> bytes{0};
  for (int rounds = 1; rounds <= 6; ++rounds)
    bytes.push_back(run(kTen + uplink, 1, {"model={fake: {size: 5000}}", "federation.rounds=" + std::to_string(rounds)})
                        .totals.device_up_bytes);
  const auto added = [&](std::size_t round) { return static_cast<double>(bytes[round] - bytes[round - 1]); };
  EXPECT_GT(added(1), 3 * added(2));
  EXPECT_GT(added(2), 2.5 * added(3));
  EXPECT_GT(added(3), 1.2 * added(4));
  EXPECT_GT(added(4), added(5));
  EXPECT_NEAR(added(6), added(5), 0.01 * added(5));
}

}  // namespace
}  // namespace brume::sim
