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

}  // namespace
}  // namespace brume
