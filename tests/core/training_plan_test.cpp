#include "brume/local_program.hpp"

#include <gtest/gtest.h>

namespace brume {
namespace {

TEST(TrainingPlan, CountsStepsAndExamples) {
  TrainingPlan epochs{.epochs = 2, .batch_size = 10};
  EXPECT_EQ(epochs.steps_for(25), 6U);
  EXPECT_EQ(epochs.examples_for(25), 50U);
  TrainingPlan steps{.steps = 7, .batch_size = 10};
  EXPECT_EQ(steps.steps_for(25), 7U);
  EXPECT_EQ(steps.examples_for(25), 2U * 25 + 10);
  EXPECT_EQ(steps.examples_for(4), 7U * 4);
}

// Stragglers come as often as they should, do at least something, and the same whenever they are asked.
TEST(TrainingPlan, SomeTasksEndEarly) {
  TrainingPlan plan{20};
  plan.partial_work = 0.5;
  int early = 0;
  double done = 0;
  for (std::uint64_t device = 0; device < 4000; ++device) {
    const TaskId task{3, device, 0};
    const auto mine = plan.of_task(7, task);
    ASSERT_GE(mine.epochs, 1);
    ASSERT_LE(mine.epochs, 20);
    EXPECT_EQ(mine.epochs, plan.of_task(7, task).epochs);
    early += mine.epochs < 20 ? 1 : 0;
    done += static_cast<double>(mine.epochs);
  }
  EXPECT_NEAR(early, 4000 * 0.5 * 0.95, 130);  // one in twenty draws all of it; 4 σ
  EXPECT_NEAR(done / 4000, (20 + 10.5) / 2, 0.5);
  plan.partial_work = 0;
  EXPECT_EQ(plan.of_task(7, TaskId{}).epochs, 20);
}

}  // namespace
}  // namespace brume
