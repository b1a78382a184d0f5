#include "net/governor.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "brume/error.hpp"

namespace brume::net {
namespace {

using namespace std::chrono_literals;

// What a device says of itself, as the test wants it.
struct Said {
  std::mutex mutex;
  Readings readings;
  void say(const Readings& now) {
    const std::lock_guard guard(mutex);
    readings = now;
  }
};

class FakeSensors final : public Sensors {
 public:
  explicit FakeSensors(std::shared_ptr<Said> said) : said_(std::move(said)) {}
  Readings read() const override {
    const std::lock_guard guard(said_->mutex);
    return said_->readings;
  }

 private:
  std::shared_ptr<Said> said_;
};

class GovernorTest : public ::testing::Test {
 protected:
  void govern(const DeviceLimits& limits) {
    governor_ = std::make_unique<Governor>(
        limits, std::make_unique<FakeSensors>(said_), [this](const std::string& why) { changes_.push_back(why); }, 5ms);
    governor_->begin_task();
  }
  // Whether training is let go on within a moment.
  bool goes_on(std::future<void>& step) { return step.wait_for(150ms) == std::future_status::ready; }
  std::future<void> step() {
    return std::async(std::launch::async, [this] { governor_->between_steps(leave_); });
  }

  std::shared_ptr<Said> said_ = std::make_shared<Said>();
  std::unique_ptr<Governor> governor_;
  std::atomic<bool> leave_{false};
  std::vector<std::string> changes_;
};

TEST_F(GovernorTest, WaitsUntilItIsCoolEnough) {
  govern({0, 1, 70.0, 0});
  said_->say({71.0, {}, false, 0});
  auto waiting = step();
  EXPECT_FALSE(goes_on(waiting));
  EXPECT_EQ(governor_->paused_because(), "71 C, the limit is 70");
  said_->say({69.0, {}, false, 0});  // it would flutter
  EXPECT_FALSE(goes_on(waiting));
  said_->say({66.0, {}, false, 0});
  EXPECT_TRUE(goes_on(waiting));
  EXPECT_EQ(governor_->paused_because(), "");
  EXPECT_EQ(changes_, (std::vector<std::string>{"71 C, the limit is 70", ""}));
}

TEST_F(GovernorTest, WaitsForTheBatteryOrTheMains) {
  govern({0, 1, {}, 0.3});
  said_->say({{}, 0.2, false, 0});
  auto waiting = step();
  EXPECT_FALSE(goes_on(waiting));
  said_->say({{}, 0.31, false, 0});
  EXPECT_FALSE(goes_on(waiting));
  said_->say({{}, 0.2, true, 0});
  EXPECT_TRUE(goes_on(waiting));
  said_->say({{}, {}, false, 0});  // a device without a battery has no limit of it
  auto other = step();
  EXPECT_TRUE(goes_on(other));
}

TEST_F(GovernorTest, LeavesWhenItIsTold) {
  govern({0, 1, 10.0, 0});
  said_->say({50.0, {}, false, 0});
  auto waiting = step();
  EXPECT_FALSE(goes_on(waiting));
  leave_ = true;
  EXPECT_TRUE(goes_on(waiting));
}

TEST_F(GovernorTest, GivesATaskUpThatTakesTooMuchMemory) {
  govern({1'000'000, 1, {}, 0});
  said_->say({{}, {}, false, 999'999});
  governor_->between_steps(leave_);
  said_->say({{}, {}, false, 2'000'000});
  governor_->begin_task();
  EXPECT_THROW(governor_->between_steps(leave_), Error);
}

TEST_F(GovernorTest, KeepsToItsShareOfTheProcessors) {
  const double processors = std::max(1U, std::thread::hardware_concurrency());
  const double share = 0.2 / processors;  // of one processor a fifth
  govern({0, share, {}, 0});
  governor_->between_steps(leave_);
  const auto burn = [] {
    const auto until = std::clock() + CLOCKS_PER_SEC / 200;  // 5 ms of processor time
    while (std::clock() < until) {
    }
  };
  governor_->between_steps(leave_);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    burn();
    governor_->between_steps(leave_);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took.count(), 0.9 * 0.05 / 0.2);
}

TEST(LinuxSensors, ReadsWhatTheKernelSays) {
  const auto root = std::filesystem::temp_directory_path() / ("brume_sys_" + std::to_string(getpid()));
  const auto put = [&](const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text << '\n';
  };
  EXPECT_FALSE(LinuxSensors(root).read().celsius);
  put("class/thermal/thermal_zone0/temp", "41000");
  put("class/thermal/thermal_zone1/temp", "63500");
  put("class/thermal/cooling_device0/temp", "99000");
  put("class/thermal/thermal_zone2/type", "PMIC-Die");
  put("class/thermal/thermal_zone2/temp", "100000");
  put("class/power_supply/BAT0/type", "Battery");
  put("class/power_supply/BAT0/capacity", "37");
  put("class/power_supply/BAT0/status", "Not charging");
  put("class/power_supply/mouse/type", "Battery");
  put("class/power_supply/mouse/scope", "Device");
  put("class/power_supply/mouse/capacity", "3");
  const auto readings = LinuxSensors(root).read();
  EXPECT_EQ(readings.celsius, 63.5);
  EXPECT_EQ(readings.battery, 0.37);
  EXPECT_TRUE(readings.on_mains);
  EXPECT_GT(readings.resident_bytes, 1'000'000U);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace brume::net
