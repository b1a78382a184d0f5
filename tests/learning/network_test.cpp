#include "learning/network.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "learning/models/models.hpp"

namespace brume::learning {
namespace {

struct Batch {
  std::vector<float> features;
  std::vector<std::int32_t> labels;
  BatchView view() const { return {features.data(), labels.data(), static_cast<std::int64_t>(labels.size())}; }
};

Batch random_batch(const DataShape& shape, std::size_t count) {
  Stream stream(1, Purpose::plugin);
  Batch batch;
  for (std::size_t i = 0; i < count * shape.width(); ++i) batch.features.push_back(static_cast<float>(stream.normal()));
  for (std::size_t i = 0; i < count; ++i)
    batch.labels.push_back(static_cast<std::int32_t>(stream.below(static_cast<std::uint64_t>(shape.classes))));
  return batch;
}

// The same sequence of layers by LibTorch's autograd.
torch::Tensor reference(const std::vector<Layer>& layers, const std::vector<torch::Tensor>& parameters,
                        torch::Tensor x) {
  std::size_t next = 0;
  for (const auto& layer : layers) {
    if (std::holds_alternative<Linear>(layer.kind)) {
      x = torch::linear(x, parameters[next], parameters[next + 1]);
      next += 2;
    } else if (const auto* conv = std::get_if<Conv2d>(&layer.kind)) {
      x = torch::conv2d(x, parameters[next], parameters[next + 1], 1, conv->padding);
      next += 2;
    } else if (std::holds_alternative<MaxPool2d>(layer.kind)) {
      x = torch::max_pool2d(x, 2);
    } else if (std::holds_alternative<Relu>(layer.kind)) {
      x = torch::relu(x);
    } else {
      x = x.flatten(1);
    }
  }
  return x;
}

void expect_autograds_gradient(const LayeredModel& model, const DataShape& shape) {
  const auto layers = model.layers(shape);
  const auto parameters = model.initialise(shape, 5);
  const auto batch = random_batch(shape, 7);
  Network network(layers, shape, parameters.layout_pointer());
  std::vector<float> gradient(parameters.layout().trainable_size(), 99.0F);
  const double loss = network.gradient(parameters.values(), batch.view(), gradient);

  std::vector<torch::Tensor> tensors;
  for (std::size_t i = 0; i < parameters.layout().tensors().size(); ++i)
    tensors.push_back(
        torch::from_blob(const_cast<float*>(parameters.tensor(i).data()), parameters.layout().tensors()[i].shape)
            .clone()
            .set_requires_grad(true));
  std::vector<std::int64_t> sizes{7};
  sizes.insert(sizes.end(), shape.features.begin(), shape.features.end());
  const auto x = torch::from_blob(const_cast<float*>(batch.features.data()), sizes);
  const auto labels = torch::tensor(std::vector<std::int64_t>(batch.labels.begin(), batch.labels.end()));
  const auto expected = torch::nn::functional::cross_entropy(reference(layers, tensors, x), labels);
  expected.backward();
  EXPECT_NEAR(loss, expected.item<double>(), 1e-6);
  EXPECT_NEAR(network.loss(parameters.values(), batch.view()), loss, 1e-6);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto flat = tensors[i].grad().contiguous().flatten();
    for (std::int64_t k = 0; k < flat.numel(); ++k)
      ASSERT_NEAR(gradient[parameters.layout().offset(i) + static_cast<std::size_t>(k)], flat[k].item<float>(), 2e-6)
          << parameters.layout().tensors()[i].name << "[" << k << "]";
  }
}

TEST(Network, GradientsEqualAutograds) {
  expect_autograds_gradient(Logistic(), {{43}, 6});
  expect_autograds_gradient(Mlp(), {{30}, 5});
  expect_autograds_gradient(CnnSmall(), {{1, 8, 8}, 3});
}

TEST(Network, GivesTheSameBitsAgainWhateverRanBetween) {
  const DataShape shape{{1, 12, 12}, 4};
  const auto parameters = CnnSmall().initialise(shape, 5);
  const auto batch = random_batch(shape, 5);
  const auto other = random_batch(shape, 9);
  Network network(CnnSmall().layers(shape), shape, parameters.layout_pointer());
  std::vector<float> first(parameters.values().size());
  std::vector<float> second(parameters.values().size());
  network.gradient(parameters.values(), batch.view(), first);
  network.loss(parameters.values(), other.view());
  network.gradient(parameters.values(), batch.view(), second);
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace brume::learning
