#include "algorithms/sgd.hpp"

#include <gtest/gtest.h>

#include "tests/support/set_options.hpp"

namespace brume::algorithms {
namespace {

Sgd sgd(std::map<std::string, std::string> values) {
  Sgd optimizer;
  testing::SetOptions options(std::move(values));
  optimizer.declare(options);
  EXPECT_EQ(options.wrong, "");
  return optimizer;
}

TEST(Sgd, PlainStep) {
  std::vector<float> model{1, 2};
  std::vector<float> gradient{10, -10};
  State memory;
  sgd({{"learning_rate", "0.1"}}).step(model, gradient, memory);
  EXPECT_EQ(model, (std::vector<float>{0, 3}));
  EXPECT_TRUE(memory.empty());
}

// v₁ = g, w₁ = w₀ − ηv₁; v₂ = mv₁ + g, w₂ = w₁ − ηv₂.
TEST(Sgd, MomentumAndDecay) {
  const auto optimizer = sgd({{"learning_rate", "0.5"}, {"momentum", "0.5"}, {"weight_decay", "1"}});
  std::vector<float> model{4};
  State memory;
  for (int i = 0; i < 2; ++i) {
    std::vector<float> gradient{2};
    optimizer.step(model, gradient, memory);
  }
  // v₁ = 2 + 4 = 6, w₁ = 4 − 3 = 1; v₂ = 3 + 2 + 1 = 6, w₂ = 1 − 3 = −2
  EXPECT_EQ(model[0], -2.0F);
}

TEST(Sgd, ClipsLongGradientsOnly) {
  const auto optimizer = sgd({{"learning_rate", "1"}, {"clip_norm", "5"}});
  State memory;
  std::vector<float> model{0, 0};
  std::vector<float> gradient{30, 40};
  optimizer.step(model, gradient, memory);
  EXPECT_FLOAT_EQ(model[0], -3);
  EXPECT_FLOAT_EQ(model[1], -4);
  std::vector<float> small{0.3F, 0.4F};
  model = {0, 0};
  optimizer.step(model, small, memory);
  EXPECT_EQ(model[0], -0.3F);
}

}  // namespace
}  // namespace brume::algorithms
