#include "algorithms/sgd.hpp"

#include <gtest/gtest.h>

#include <cmath>

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
  sgd({{"learning_rate", "0.1"}}).step(model, gradient, 1, memory);
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
    optimizer.step(model, gradient, 1, memory);
  }
  // v₁ = 2 + 4 = 6, w₁ = 4 − 3 = 1; v₂ = 3 + 2 + 1 = 6, w₂ = 1 − 3 = −2
  EXPECT_EQ(model[0], -2.0F);
}

// PyTorch's form: v ← mv + g, w ← w − η(g + mv). v₁ = 2, w₁ = 4 − 0.5·3 = 2.5; v₂ = 3, w₂ = 2.5 − 0.5·3.5 = 0.75.
TEST(Sgd, NesterovLooksAhead) {
  const auto optimizer = sgd({{"learning_rate", "0.5"}, {"momentum", "0.5"}, {"nesterov", "true"}});
  std::vector<float> model{4};
  State memory;
  for (int i = 0; i < 2; ++i) {
    std::vector<float> gradient{2};
    optimizer.step(model, gradient, 1, memory);
  }
  EXPECT_EQ(model[0], 0.75F);
}

TEST(Sgd, ARateMultipliesTheLearningRate) {
  std::vector<float> model{1};
  std::vector<float> gradient{10};
  State memory;
  sgd({{"learning_rate", "0.1"}}).step(model, gradient, 0.5, memory);
  EXPECT_EQ(model[0], 0.5F);
}

// Wang et al. 2020, §4.1: for momentum ρ, ‖a‖₁ = (τ − ρ(1 − ρ^τ) / (1 − ρ)) / (1 − ρ).
TEST(Sgd, ReachIsFedNovasNorm) {
  EXPECT_DOUBLE_EQ(*sgd({{"learning_rate", "0.1"}}).reach(7), 0.7);
  const double rho = 0.9;
  const double norm = (20 - rho * (1 - std::pow(rho, 20)) / (1 - rho)) / (1 - rho);
  EXPECT_NEAR(*sgd({{"learning_rate", "0.1"}, {"momentum", "0.9"}}).reach(20), 0.1 * norm, 1e-12);
  for (const auto* nesterov : {"false", "true"}) {  // it is what a constant gradient of 1 does
    const auto optimizer = sgd({{"learning_rate", "0.1"}, {"momentum", "0.9"}, {"nesterov", nesterov}});
    std::vector<float> model{0};
    State memory;
    for (int i = 0; i < 5; ++i) {
      std::vector<float> gradient{1};
      optimizer.step(model, gradient, 1, memory);
    }
    EXPECT_NEAR(*optimizer.reach(5), -model[0], 1e-6);
  }
}

TEST(Sgd, ClipsLongGradientsOnly) {
  const auto optimizer = sgd({{"learning_rate", "1"}, {"clip_norm", "5"}});
  State memory;
  std::vector<float> model{0, 0};
  std::vector<float> gradient{30, 40};
  optimizer.step(model, gradient, 1, memory);
  EXPECT_FLOAT_EQ(model[0], -3);
  EXPECT_FLOAT_EQ(model[1], -4);
  std::vector<float> small{0.3F, 0.4F};
  model = {0, 0};
  optimizer.step(model, small, 1, memory);
  EXPECT_EQ(model[0], -0.3F);
}

}  // namespace
}  // namespace brume::algorithms
