#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/fedprox.hpp"
#include "algorithms/sgd.hpp"
#include "brume/error.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {
namespace {

// Minimises (w − 3)²/2, one element, four rows that are all alike; the buffer behind the weight is left alone.
class Quadratic final : public LocalContext {
 public:
  Quadratic() {
    plan_.epochs = 2;
    plan_.batch_size = 2;
    plan_.optimizer = std::make_shared<Sgd>();  // learning rate 0.01
  }
  const TaskId& task() const override { return task_; }
  const TrainingPlan& plan() const override { return plan_; }
  std::size_t sample_count() const override { return 4; }
  const LayoutPointer& layout() const override { return layout_; }
  std::span<const float> base() const override { return base_; }
  std::span<float> model() override { return model_; }
  double gradient(std::span<const float> at, Batch, std::span<float> out) override {
    out[0] = at[0] - 3.0F;
    return diverges ? std::nan("") : 0.5 * out[0] * out[0];
  }
  double loss(std::span<const float> at, Batch) override { return 0.5 * std::pow(at[0] - 3.0F, 2); }
  State& optimizer_memory() override { return memory_; }
  std::span<const float> broadcast(std::string_view /*name*/) const override { return {}; }
  State& state() override { return state_; }
  Stream stream(Purpose purpose) const override { return {1, purpose, task_}; }
  bool diverges = false;

 private:
  TaskId task_;
  TrainingPlan plan_;
  LayoutPointer layout_ = std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"w", {1}, TensorRole::trainable}, {"b", {1}, TensorRole::buffer}});
  std::vector<float> base_{1, 5};
  std::vector<float> model_{1, 5};
  State memory_;
  State state_;
};

TEST(LocalSgd, UploadsTheChange) {
  Quadratic context;
  const auto update = LocalSgd().run(context);
  ASSERT_EQ(update.vectors.size(), 1U);
  EXPECT_EQ(update.vectors[0].name, "delta");
  EXPECT_FLOAT_EQ(update.vectors[0].values[0], context.model()[0] - 1.0F);
  EXPECT_NEAR(context.model()[0], 3 - 2 * std::pow(0.99, 4), 1e-6);
  EXPECT_EQ(update.vectors[0].values[1], 0.0F);
  EXPECT_EQ(update.samples, 4U);
  EXPECT_NEAR(update.loss, 2, 0.1);
}

// With FedProx's default μ = 0.01: w ← w − η((w − 3) + μ(w − 1)).
TEST(LocalSgd, AppliesTheCorrection) {
  Quadratic context;
  const FedProx prox;
  LocalSgd(prox.correction()).run(context);
  double w = 1;
  for (int i = 0; i < 4; ++i) w -= 0.01 * ((w - 3) + 0.01 * (w - 1));
  EXPECT_NEAR(context.model()[0], w, 1e-6);
}

TEST(LocalSgd, ALossThatIsNotFiniteIsAnError) {
  Quadratic context;
  context.diverges = true;
  EXPECT_THROW(LocalSgd().run(context), Error);
}

}  // namespace
}  // namespace brume::algorithms
