#include "net/governor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <thread>
#include <utility>

#include "brume/error.hpp"
#include "core/human.hpp"

namespace brume::net {

namespace {

// What has paused training must be better by so much before it goes on: at the limit itself it would flutter.
constexpr double kCooler = 3;
constexpr double kFuller = 0.02;
constexpr auto kWorthASleep = std::chrono::milliseconds(2);
constexpr auto kLongestSleep = std::chrono::milliseconds(100);  // then it sees whether it is to leave

std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void sleep_unless(const std::atomic<bool>& leave, std::chrono::nanoseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!leave && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(
        std::min<std::chrono::nanoseconds>(kLongestSleep, until - std::chrono::steady_clock::now()));
}

}  // namespace

Governor::Governor(DeviceLimits limits, std::unique_ptr<Sensors> sensors, Changed changed,
                   std::chrono::milliseconds look_every)
    : limits_(limits), sensors_(std::move(sensors)), changed_(std::move(changed)), look_every_(look_every) {}

std::string Governor::paused_because() const {
  const std::lock_guard guard(mutex_);
  return paused_;
}

void Governor::set_paused(const std::string& why) {
  const bool was = !paused_because().empty();
  {
    const std::lock_guard guard(mutex_);
    paused_ = why;
  }
  if (was != !why.empty()) changed_(why);
}

std::string Governor::why_pause(const Readings& readings) const {
  const bool paused = !paused_because().empty();
  const double most = limits_.celsius.value_or(0) - (paused ? kCooler : 0);
  if (limits_.celsius && readings.celsius && *readings.celsius > most)
    return fmt::format("{:.0f} C, the limit is {:.0f}", *readings.celsius, *limits_.celsius);
  const double least = limits_.battery + (paused ? kFuller : 0);
  if (limits_.battery > 0 && readings.battery && *readings.battery < least && !readings.on_mains)
    return fmt::format("battery at {:.0f} %, the limit is {:.0f}", 100 * *readings.battery, 100 * limits_.battery);
  return {};
}

void Governor::between_steps(const std::atomic<bool>& leave) {
  keep_share(leave);
  if (Clock::now() - looked_ >= look_every_) look(leave);
}

void Governor::look(const std::atomic<bool>& leave) {
  while (!leave) {
    const auto readings = sensors_->read();
    looked_ = Clock::now();
    if (limits_.memory > 0 && readings.resident_bytes > limits_.memory)
      throw Error(fmt::format("training took {} of memory, the device's limit is {}",
                              human_bytes(static_cast<double>(readings.resident_bytes)),
                              human_bytes(static_cast<double>(limits_.memory))));
    const auto why = why_pause(readings);
    set_paused(why);
    if (why.empty()) return;
    sleep_unless(leave, look_every_);
    step_began_ = {};  // a pause is no step
  }
}

// After a step that took c seconds of processor time there is rest until c / share / processors have passed.
void Governor::keep_share(const std::atomic<bool>& leave) {
  if (limits_.cpu_share >= 1) return;
  const auto used = processor_time();
  const auto now = Clock::now();
  if (step_began_ != Clock::time_point{}) {
    const double processors = std::max(1U, std::thread::hardware_concurrency());
    const auto should_take = std::chrono::duration<double>(used - cpu_at_step_) / (limits_.cpu_share * processors);
    debt_ += std::chrono::duration_cast<std::chrono::nanoseconds>(should_take) - (now - step_began_);
    debt_ = std::max(debt_, std::chrono::nanoseconds(0));
  }
  if (debt_ >= kWorthASleep) sleep_unless(leave, std::exchange(debt_, {}));
  step_began_ = Clock::now();
  cpu_at_step_ = processor_time();
}

}  // namespace brume::net
