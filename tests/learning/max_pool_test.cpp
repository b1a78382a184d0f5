#include "learning/operators/max_pool.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace brume::learning {
namespace {

TEST(MaxPool, TakesTheLargestOfFourAndSendsTheGradientBackThere) {
  const std::vector<float> input{1,  2,  5, 5,  //
                                 3,  0,  5, 5,  //
                                 -1, -2, 0, 0,  //
                                 -3, -4, 7, 9};
  const Planes planes{1, 4, 4};
  std::vector<float> output(4);
  std::vector<std::uint8_t> winners(4);
  max_pool_forward(input.data(), planes, output.data(), winners.data());
  EXPECT_EQ(output, (std::vector<float>{3, 5, -1, 9}));
  const std::vector<float> gradient{1, 2, 3, 4};
  std::vector<float> back(16, 99);
  max_pool_backward(gradient.data(), winners.data(), planes, back.data());
  EXPECT_EQ(back, (std::vector<float>{0, 0, 2, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 4}));
}

}  // namespace
}  // namespace brume::learning
