#include "federation/task_timing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "brume/error.hpp"

namespace brume::federation {
namespace {

ModelFacts facts() {
  ModelFacts facts;
  facts.layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {1000}, TensorRole::trainable}});
  facts.forward_flops = 1e6;
  facts.activations = 500;
  return facts;
}

TrainingPlan plan_of(std::int64_t batch_size) {
  TrainingPlan plan;
  plan.batch_size = batch_size;
  return plan;
}

configs::DeviceProfile profile() {
  configs::DeviceProfile profile;
  profile.peak = 1e9;
  profile.efficiency = 0.5;
  return profile;
}

class TimingTableTest : public ::testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(folder / "t.yaml") << text; }
  std::filesystem::path folder = ::testing::TempDir();
};

TEST(TaskTiming, ARooflineIsTheLongerOfArithmeticAndMemory) {
  auto device = profile();
  const auto arithmetic = timing_of(device, facts(), plan_of(10), {});
  EXPECT_DOUBLE_EQ(arithmetic.step, 10 * 3e6 / 0.5e9);
  EXPECT_DOUBLE_EQ(arithmetic.seconds(25), 2.5 * arithmetic.step);
  EXPECT_EQ(arithmetic.source, "roofline: 30.0 MFLOP a step at 1 GFLOP/s × 0.5");
  device.memory_bandwidth = 1e6;
  const auto memory = timing_of(device, facts(), plan_of(10), {});
  EXPECT_DOUBLE_EQ(memory.step, 4.0 * (6 * 1000 + 5 * 500 * 10) / 1e6);
  EXPECT_EQ(memory.source, "roofline: 124 kB a step at 1 MB/s");
}

TEST_F(TimingTableTest, AMeasuredTimeGoesBeforeTheRoofline) {
  write(
      "times:\n  - {model: m, parameters: 1000, forward_flops: 1e6, batch_size: 10, step: 3 ms, start_up: 20 ms, "
      "source: bench}\n");
  auto device = profile();
  device.timings = "t.yaml";
  device.start_up = 0.1;
  const auto measured = timing_of(device, facts(), plan_of(10), folder);
  EXPECT_DOUBLE_EQ(measured.step, 3e-3);
  EXPECT_DOUBLE_EQ(measured.start_up, 0.12);
  EXPECT_EQ(measured.source, "measured: 3.00 ms a step, bench");
  const auto other = timing_of(device, facts(), plan_of(20), folder);
  EXPECT_DOUBLE_EQ(other.step, 20 * 3e6 / 0.5e9);
  EXPECT_NE(other.source.find("t.yaml has no time for this model and batch size"), std::string::npos);
}

TEST_F(TimingTableTest, IsReadAsItIsWritten) {
  const MeasuredTime time{"cnn_small", 28938, 1.23e6, 10, 1.25e-3, 0, "a machine: 'its' name, 2026"};
  write(to_yaml({time}));
  const auto read = read_timing_table(folder / "t.yaml");
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].source, time.source);
  EXPECT_EQ(read[0].parameters, 28938);
  EXPECT_EQ(read[0].step, 1.25e-3);
}

TEST_F(TimingTableTest, AWrongTableSaysWhere) {
  write("times:\n\n  - {model: m, parameters: 1000, forward_flops: 1e6, batch_size: 10, step: 3, source: bench}\n");
  try {
    read_timing_table(folder / "t.yaml");
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_NE(std::string(error.what()).find("t.yaml:3:"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("'step' has no unit"), std::string::npos) << error.what();
  }
  EXPECT_THROW(read_timing_table(folder / "nothing.yaml"), RequestError);
}

// The noise has its median at the time itself, and stragglers come as often as they should.
TEST(TaskTiming, NoiseAndStragglersAreWhatTheySay) {
  auto device = profile();
  device.noise = 0.4;
  device.straggling = 0.1;
  device.slowdown = 100;
  const auto timing = timing_of(device, facts(), plan_of(10), {});
  const double usual = timing.seconds(10);
  std::vector<double> logs;
  int slow = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const double log = std::log(in_seconds(timing.of(7, {i, 3, 0}, 10)) / usual);
    log > 2.3 ? void(++slow) : logs.push_back(log);
  }
  double mean = 0, square = 0;
  for (const double log : logs) mean += log / static_cast<double>(logs.size());
  for (const double log : logs) square += std::pow(log - mean, 2) / static_cast<double>(logs.size());
  EXPECT_NEAR(slow / 20'000.0, 0.1, 0.01);
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(std::sqrt(square), 0.4, 0.01);
  EXPECT_EQ(timing.of(7, {1, 2, 3}, 10), timing.of(7, {1, 2, 3}, 10));
  EXPECT_NE(timing.of(7, {1, 2, 3}, 10), timing.of(8, {1, 2, 3}, 10));
}

}  // namespace
}  // namespace brume::federation
