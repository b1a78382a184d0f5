#include "net/local_work.hpp"

#include <gtest/gtest.h>

namespace brume::net {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Training that takes as long as it is told to.
class Sleeper final : public Trainer, public Evaluator {
 public:
  explicit Sleeper(std::chrono::milliseconds nap) : nap_(nap) {}
  void submit(TrainingJob /*job*/) override {}
  TrainingResult take(const TaskId& /*task*/) override {
    std::this_thread::sleep_for(nap_);
    return {};
  }
  void cancel(const TaskId& /*task*/) override {}
  Metrics evaluate(const Parameters& /*model*/) override { return {}; }

 private:
  std::chrono::milliseconds nap_;
};

class SleepingBackend final : public LearningBackend {
 public:
  explicit SleepingBackend(std::chrono::milliseconds nap) : nap_(nap) {}
  Workers start(const TrainingSetup& /*setup*/) const override {
    const auto both = std::make_shared<Sleeper>(nap_);
    return {both, both};
  }
  LearningBuild build() const override { return {"none", "none"}; }

 private:
  std::chrono::milliseconds nap_;
};

class PaceTest : public ::testing::Test {
 protected:
  void begin(std::chrono::milliseconds works, std::chrono::milliseconds should_take) {
    Pace pace{[this, should_take](const TaskId&) {
                done_ = true;
                return Duration(should_take);
              },
              [this](const TaskId&, Duration late) { late_ = late; }};
    work_ = std::make_unique<LocalWork>(
        context_, std::make_shared<SleepingBackend>(works), TrainingSetup{},
        [this](const Event& event) { trained_ += std::holds_alternative<Trained>(event); },
        [](const std::string& problem) { FAIL() << problem; }, nullptr, std::move(pace));
    began_ = Clock::now();
    Train job{1, {}};
    job.job.task = {3, 7, 0};
    work_->train(job);
  }
  // How long the task was under way.
  Clock::duration until_trained() {
    const auto keep = boost::asio::make_work_guard(context_);
    while (trained_ == 0 && Clock::now() - began_ < 10s) context_.run_one_for(1s);
    EXPECT_EQ(trained_, 1);
    return Clock::now() - began_;
  }

  boost::asio::io_context context_;
  Clock::time_point began_;
  Duration late_{};
  std::atomic<bool> done_{false};  // and waits
  int trained_ = 0;
  std::unique_ptr<LocalWork> work_;  // ends first
};

TEST_F(PaceTest, WhatIsDoneEarlierIsToldInTime) {
  begin(1ms, 1500ms);
  EXPECT_GE(until_trained(), 1500ms);
  EXPECT_EQ(late_, Duration{});
}

TEST_F(PaceTest, SaysByHowMuchItIsTooSlow) {
  begin(60ms, 10ms);
  EXPECT_GE(until_trained(), 60ms);
  EXPECT_GE(late_, Duration(50ms));
}

TEST_F(PaceTest, ADroppedTaskHoldsUpNoOther) {
  begin(1ms, 1h);
  while (!done_) std::this_thread::sleep_for(1ms);
  while (trained_ == 0 && Clock::now() - began_ < 60s) {
    work_->drop({3, 7, 0});  // until it waits
    context_.restart();
    context_.poll();
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(trained_, 1);
}

TEST_F(PaceTest, DoesNotKeepAProcessThatEnds) {
  begin(1ms, 1h);
  std::this_thread::sleep_for(50ms);
  work_.reset();
  EXPECT_LT(Clock::now() - began_, 60s);
}

}  // namespace
}  // namespace brume::net
