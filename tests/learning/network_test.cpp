#include "learning/layered_network.hpp"

#include <gtest/gtest.h>

#include <torch/torch.h>
#include <cmath>

#include "learning/models/image_models.hpp"
#include "learning/models/models.hpp"
#include "learning/models/sequence_models.hpp"
#include "tests/learning/torch_reference.hpp"

namespace brume::learning {
namespace {

struct Batch {
  std::vector<float> features;
  std::vector<std::int32_t> labels;
  std::vector<float> targets;
  BatchView view() const {
    return {features.data(), labels.data(), targets.data(), static_cast<std::int64_t>(labels.size())};
  }
};

const Stream kStream(1, Purpose::dropout);

Batch random_batch(const DataShape& shape, std::size_t count) {
  Stream stream(1, Purpose::plugin);
  Batch batch;
  for (std::size_t i = 0; i < count * shape.width(); ++i)
    batch.features.push_back(static_cast<float>(
        shape.symbols > 0 ? static_cast<double>(stream.below(static_cast<std::uint64_t>(shape.symbols)))
                          : stream.normal()));
  for (std::size_t i = 0; i < count; ++i) {
    batch.labels.push_back(
        static_cast<std::int32_t>(stream.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, shape.classes)))));
    batch.targets.push_back(static_cast<float>(stream.normal()));
  }
  return batch;
}

torch::Tensor expected_loss(const DataShape& shape, const torch::Tensor& output, const torch::Tensor& x,
                            const Batch& batch) {
  namespace F = torch::nn::functional;
  if (shape.task == LearningTask::reconstruction) return torch::mse_loss(output, x.flatten(1));
  if (shape.task == LearningTask::regression) return torch::mse_loss(output.flatten(), torch::tensor(batch.targets));
  return F::cross_entropy(output, torch::tensor(std::vector<std::int64_t>(batch.labels.begin(), batch.labels.end())));
}

void expect_autograds_gradient(const LayeredModel& model, const DataShape& shape, double tolerance = 2e-6) {
  const auto layers = model.layers(shape);
  auto parameters = model.initialise(shape, 5);
  const auto batch = random_batch(shape, 7);
  LayeredNetwork network(layers, shape, parameters.layout_pointer());
  testing::TorchReference reference(parameters);
  std::vector<float> gradient(parameters.layout().trainable_size(), 99.0F);
  const double loss = network.training_gradient(parameters.values(), batch.view(), gradient, kStream);

  std::vector<std::int64_t> sizes{7};
  sizes.insert(sizes.end(), shape.features.begin(), shape.features.end());
  const auto x = torch::from_blob(const_cast<float*>(batch.features.data()), sizes);
  const auto expected = expected_loss(shape, reference.run(layers, x), x, batch);
  expected.backward();
  EXPECT_NEAR(loss, expected.item<double>(), 1e-5);
  const auto& specs = parameters.layout().tensors();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const bool trainable = specs[i].role == TensorRole::trainable;
    const auto& tensor = reference.tensor(specs[i].name);
    const auto flat = (trainable ? tensor.grad() : tensor).contiguous().flatten();
    const float* ours = trainable ? gradient.data() + parameters.layout().offset(i) : parameters.tensor(i).data();
    for (std::int64_t k = 0; k < flat.numel(); ++k)
      ASSERT_NEAR(ours[k], flat[k].item<float>(), tolerance) << specs[i].name << "[" << k << "]";
  }
}

TEST(Network, GradientsEqualAutograds) {
  expect_autograds_gradient(Logistic(), {{43}, 6});
  expect_autograds_gradient(Mlp(), {{30}, 5});
  expect_autograds_gradient(CnnSmall(), {{1, 8, 8}, 3});
  expect_autograds_gradient(LeNet5(), {{1, 16, 16}, 3});
  expect_autograds_gradient(ResNet8(), {{2, 8, 8}, 3}, 1e-5);
  expect_autograds_gradient(DsCnn(), {{1, 8, 12}, 3}, 1e-5);
  expect_autograds_gradient(Cnn1d(), {{3, 20}, 4});
  expect_autograds_gradient(Tcn(), {{3, 20}, 4}, 1e-5);
  expect_autograds_gradient(GruModel(), {{3, 11}, 4});
  expect_autograds_gradient(LstmModel(), {{3, 11}, 4});
  expect_autograds_gradient(GruModel(), {{9}, 12, LearningTask::classification, 12});
  expect_autograds_gradient(LstmModel(), {{9}, 12, LearningTask::classification, 12});
}

TEST(Network, GradientsOfOtherTasksEqualAutograds) {
  expect_autograds_gradient(Mlp(), {{6}, 0, LearningTask::regression});
  expect_autograds_gradient(GruModel(), {{3, 5}, 0, LearningTask::regression});
  expect_autograds_gradient(Autoencoder(), {{3, 5}, 0, LearningTask::reconstruction});
}

// Layers that no model has in this combination; two recurrent ones above each other pass gradients through time.
class Mixture final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override {
    return {{"conv", Conv2d{2, 4, {3, 2}, {1, 0}, {2, 1}, 2, false}},
            {"norm", BatchNorm{4}},
            {"relu", Relu{}},
            {"block", Residual{{{"conv", Conv2d{4, 4, 3, 1}}, {"norm", BatchNorm{4}}}, {}}},
            {"pool", GlobalAveragePool{}},
            {"output", Linear{4, shape.outputs()}}};
  }
};

class Stacked final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override {
    return {{"time_first", SwapAxes{}},
            {"gru", Gru{3, 5}},
            {"lstm", Lstm{5, 4}},
            {"second", Gru{4, 6}},
            {"last", LastStep{}},
            {"relu", Relu{}},
            {"output", Linear{6, shape.outputs()}}};
  }
};

TEST(Network, GradientsOfOtherLayersEqualAutograds) {
  expect_autograds_gradient(Mixture(), {{2, 6, 6}, 3}, 1e-5);
  expect_autograds_gradient(Stacked(), {{3, 7}, 3});
}

TEST(Network, OnlyTrainingMovesRunningStatistics) {
  const DataShape shape{{2, 6, 6}, 3};
  auto parameters = Mixture().initialise(shape, 5);
  const auto before = parameters;
  const auto batch = random_batch(shape, 7);
  LayeredNetwork network(Mixture().layers(shape), shape, parameters.layout_pointer());
  std::vector<float> gradient(parameters.layout().trainable_size());
  network.gradient(std::as_const(parameters).values(), batch.view(), gradient, kStream);
  network.loss(std::as_const(parameters).values(), batch.view());
  EXPECT_EQ(parameters.digest(), before.digest());
  network.training_gradient(parameters.values(), batch.view(), gradient, kStream);
  EXPECT_NE(parameters.digest(), before.digest());
}

TEST(Network, DropoutFollowsItsStream) {
  const DataShape shape{{3, 8, 8}, 4};
  const auto parameters = CnnCifar().initialise(shape, 5);
  const auto batch = random_batch(shape, 5);
  LayeredNetwork network(CnnCifar().layers(shape), shape, parameters.layout_pointer());
  const auto gradient = [&](const Stream& random) {
    std::vector<float> result(parameters.layout().trainable_size());
    network.gradient(parameters.values(), batch.view(), result, random);
    return result;
  };
  EXPECT_EQ(gradient(kStream), gradient(kStream));
  EXPECT_NE(gradient(kStream), gradient(kStream.fork(1)));
}

// The gradient through a drawn mask is the slope of the loss with the same mask.
TEST(Network, DropoutsGradientIsTheSlope) {
  class Dropping final : public LayeredModel {
   public:
    std::vector<Layer> layers(const DataShape& shape) const override {
      return {{"hidden", Linear{6, 8}}, {"dropout", Dropout{0.5}}, {"output", Linear{8, shape.outputs()}}};
    }
  };
  const DataShape shape{{6}, 0, LearningTask::regression};
  const auto start = Dropping().initialise(shape, 5);
  const auto batch = random_batch(shape, 7);
  LayeredNetwork network(Dropping().layers(shape), shape, start.layout_pointer());
  std::vector<float> gradient(start.layout().size());
  std::vector<float> unused(gradient.size());
  network.gradient(start.values(), batch.view(), gradient, kStream);
  const auto loss_at = [&](std::size_t i, float step) {
    auto moved = start;
    moved.values()[i] += step;
    return network.gradient(std::as_const(moved).values(), batch.view(), unused, kStream);
  };
  for (std::size_t i = 0; i < gradient.size(); i += 3)
    EXPECT_NEAR(gradient[i], (loss_at(i, 0.01F) - loss_at(i, -0.01F)) / 0.02, 2e-3) << i;
}

TEST(Network, IsUsedWithRunningStatistics) {
  const DataShape shape{{2, 6, 6}, 3};
  auto parameters = Mixture().initialise(shape, 5);
  for (auto& value : parameters.values().subspan(parameters.layout().trainable_size())) value = 0.7F;
  const auto batch = random_batch(shape, 7);
  LayeredNetwork network(Mixture().layers(shape), shape, parameters.layout_pointer());
  testing::TorchReference reference(parameters);
  reference.train(false);
  const auto x = torch::from_blob(const_cast<float*>(batch.features.data()), {7, 2, 6, 6});
  const auto expected = torch::log_softmax(reference.run(Mixture().layers(shape), x), 1).contiguous();
  const auto ours = network.outputs(std::as_const(parameters).values(), batch.view());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], expected.data_ptr<float>()[i], 1e-5);
}

// One value for each channel has no variance; what a codec has rounded below zero is none.
TEST(Network, StatisticsStayFinite) {
  const DataShape shape{{6}, 3};
  class Normalised final : public LayeredModel {
   public:
    std::vector<Layer> layers(const DataShape& of) const override {
      return {{"hidden", Linear{6, 8}}, {"norm", BatchNorm{8}}, {"output", Linear{8, of.outputs()}}};
    }
  };
  auto parameters = Normalised().initialise(shape, 5);
  const auto batch = random_batch(shape, 1);
  LayeredNetwork network(Normalised().layers(shape), shape, parameters.layout_pointer());
  std::vector<float> gradient(parameters.layout().trainable_size());
  network.training_gradient(parameters.values(), batch.view(), gradient, kStream);
  for (const float value : parameters.values()) EXPECT_TRUE(std::isfinite(value));
  parameters.values().back() = -0.5F;
  EXPECT_TRUE(std::isfinite(network.loss(std::as_const(parameters).values(), batch.view())));
}

TEST(Network, LossesOfNumbersHaveTheirFormulas) {
  const DataShape shape{{1}, 0, LearningTask::regression};
  const std::vector<float> target{3};
  const BatchView batch{nullptr, nullptr, target.data(), 1};
  const auto check = [&](const LossFunction& loss, float output, double value, float slope) {
    const Objective objective(shape, loss);
    std::vector<float> row{output};
    EXPECT_DOUBLE_EQ(objective.mean_loss(row, batch), value);
    objective.to_gradient(row, batch);
    EXPECT_FLOAT_EQ(row[0], slope);
  };
  using Kind = LossFunction::Kind;
  check({Kind::squared}, 1, 4, -4);
  check({Kind::absolute}, 1, 2, -1);
  check({Kind::quantile, 0.75}, 1, 1.5, -0.75);  // too low
  check({Kind::quantile, 0.75}, 5, 0.5, 0.25);   // too high
}

TEST(Network, GivesTheSameBitsAgainWhateverRanBetween) {
  const DataShape shape{{1, 12, 12}, 4};
  const auto parameters = CnnSmall().initialise(shape, 5);
  const auto batch = random_batch(shape, 5);
  const auto other = random_batch(shape, 9);
  LayeredNetwork network(CnnSmall().layers(shape), shape, parameters.layout_pointer());
  std::vector<float> first(parameters.values().size());
  std::vector<float> second(parameters.values().size());
  network.gradient(parameters.values(), batch.view(), first, kStream);
  network.loss(parameters.values(), other.view());
  network.gradient(parameters.values(), batch.view(), second, kStream);
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace brume::learning
