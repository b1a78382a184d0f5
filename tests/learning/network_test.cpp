#include "learning/layered_network.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "learning/models/image_models.hpp"
#include "learning/models/models.hpp"
#include "learning/models/sequence_models.hpp"

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

// The same layers by LibTorch's autograd and its own recurrent kernels.
class Reference {
 public:
  explicit Reference(const Parameters& parameters) {
    const auto& tensors = parameters.layout().tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i)
      tensors_[tensors[i].name] =
          torch::from_blob(const_cast<float*>(parameters.tensor(i).data()), tensors[i].shape)
              .clone()
              .set_requires_grad(tensors[i].role == TensorRole::trainable);
  }

  torch::Tensor run(const std::vector<Layer>& layers, torch::Tensor x, const std::string& prefix = "") {
    for (const auto& layer : layers) {
      name_ = prefix + layer.name;
      x = std::visit([&](const auto& kind) { return forward(kind, x); }, layer.kind);
    }
    return x;
  }
  const torch::Tensor& tensor(const std::string& name) const { return tensors_.at(name); }

 private:
  using T = torch::Tensor;
  T own(const char* name) const { return tensors_.at(name_ + "." + name); }
  T own_or_none(const char* name) const {
    const auto found = tensors_.find(name_ + "." + name);
    return found == tensors_.end() ? T() : found->second;
  }
  T forward(const Linear&, const T& x) { return torch::linear(x, own("weight"), own("bias")); }
  T forward(const Conv2d& c, const T& x) {
    return torch::conv2d(x, own("weight"), own_or_none("bias"), {c.stride.height, c.stride.width},
                         {c.padding.height, c.padding.width}, 1, c.groups);
  }
  T forward(const Conv1d& c, const T& x) {
    const auto padded = c.causal ? torch::constant_pad_nd(x, {c.dilation * (c.kernel - 1), 0}) : x;
    return torch::conv1d(padded, own("weight"), own("bias"), c.stride, c.causal ? 0 : c.padding, c.dilation);
  }
  T forward(const MaxPool2d&, const T& x) { return torch::max_pool2d(x, 2); }
  T forward(const GlobalAveragePool&, const T& x) { return x.flatten(2).mean(2); }
  T forward(const Relu&, const T& x) { return torch::relu(x); }
  T forward(const Flatten&, const T& x) { return x.flatten(1); }
  T forward(const SwapAxes&, const T& x) { return x.transpose(1, 2); }
  T forward(const Dropout&, const T& x) { return x; }
  T forward(const GroupNorm& n, const T& x) { return torch::group_norm(x, n.groups, own("weight"), own("bias")); }
  T forward(const BatchNorm&, const T& x) {
    return torch::batch_norm(x, own("weight"), own("bias"), own("running_mean"), own("running_var"), true, 0.1, 1e-5,
                             false);
  }
  T forward(const Embedding&, const T& x) { return torch::embedding(own("weight"), x.to(torch::kLong)); }
  std::vector<T> recurrent() const { return {own("weight_ih"), own("weight_hh"), own("bias_ih"), own("bias_hh")}; }
  T forward(const Gru& g, const T& x) {
    const auto start = torch::zeros({1, x.size(0), g.hidden});
    return std::get<0>(torch::gru(x, start, recurrent(), true, 1, 0, true, false, true));
  }
  T forward(const Lstm& l, const T& x) {
    const auto start = torch::zeros({1, x.size(0), l.hidden});
    return std::get<0>(torch::lstm(x, {start, start}, recurrent(), true, 1, 0, true, false, true));
  }
  T forward(const LastStep&, const T& x) { return x.select(1, x.size(1) - 1); }
  T forward(const Residual& r, const T& x) {
    const auto prefix = name_ + ".";
    const auto body = run(r.body, x, prefix);
    return body + run(r.shortcut, x, prefix);
  }

  std::string name_;
  std::map<std::string, T> tensors_;
};

torch::Tensor expected_loss(const DataShape& shape, const torch::Tensor& output, const torch::Tensor& x,
                            const Batch& batch) {
  namespace F = torch::nn::functional;
  if (shape.task == LearningTask::reconstruction) return torch::mse_loss(output, x.flatten(1));
  if (shape.task == LearningTask::regression) return torch::mse_loss(output.flatten(), torch::tensor(batch.targets));
  return F::cross_entropy(output,
                          torch::tensor(std::vector<std::int64_t>(batch.labels.begin(), batch.labels.end())));
}

void expect_autograds_gradient(const LayeredModel& model, const DataShape& shape, double tolerance = 2e-6) {
  const auto layers = model.layers(shape);
  auto parameters = model.initialise(shape, 5);
  const auto batch = random_batch(shape, 7);
  LayeredNetwork network(layers, shape, parameters.layout_pointer());
  Reference reference(parameters);
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
    return {{"time_first", SwapAxes{}}, {"gru", Gru{3, 5}},  {"lstm", Lstm{5, 4}}, {"second", Gru{4, 6}},
            {"last", LastStep{}},       {"relu", Relu{}}, {"output", Linear{6, shape.outputs()}}};
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
