#include "learning/models/torchscript.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include "brume/error.hpp"
#include "learning/layered_network.hpp"
#include "learning/models/models.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

using ::testing::HasSubstr;

const DataShape kShape{{6}, 4};
const Stream kStream(1, Purpose::dropout);

// A linear layer, then what `forward` does with it.
torch::jit::Module make_module(const std::string& forward, std::int64_t outputs = 4) {
  torch::jit::Module module("net");
  module.register_parameter("weight", torch::randn({outputs, 6}, torch::requires_grad()), false);
  module.register_parameter("bias", torch::randn({outputs}, torch::requires_grad()), false);
  module.register_buffer("running_mean", torch::zeros({outputs}));
  module.register_buffer("running_var", torch::ones({outputs}));
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define("def forward(self, x):\n  y = torch.linear(x, self.weight, self.bias)\n  return " + forward + "\n");
  return module;
}

TorchScript open_model(const Scratch& scratch, const torch::jit::Module& module) {
  module.save((scratch.path / "net.pt").string());
  TorchScript model;
  SetOptions options(std::map<std::string, std::string>{{"path", "net.pt"}});
  model.declare(options);
  model.open(scratch.path);
  return model;
}

std::string problem(const Scratch& scratch, const torch::jit::Module& module) {
  try {
    (void)open_model(scratch, module).facts(kShape);
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

const char* const kBatchNorm =
    "torch.batch_norm(y, None, None, self.running_mean, self.running_var, self.training, 0.1, 1e-5, False)";

TEST(TorchScript, ALinearModuleIsLogisticRegression) {
  const Scratch scratch;
  const auto model = open_model(scratch, make_module("y"));
  EXPECT_EQ(model.facts(kShape).layout->trainable_size(), 28U);
  EXPECT_EQ(model.facts(kShape).layout->size(), 36U);  // and what the batch normalisation would keep
  const auto network = make_network(model, kShape, {});
  const auto start = model.initialise(kShape, 1);
  const auto same = Logistic().initialise(kShape, 1);
  Parameters ours(same.layout_pointer());
  std::copy_n(start.values().begin(), 28, ours.values().begin());
  LayeredNetwork layered(Logistic().layers(kShape), kShape, same.layout_pointer());

  std::vector<float> features;
  Stream stream(3, Purpose::plugin);
  for (int i = 0; i < 5 * 6; ++i) features.push_back(static_cast<float>(stream.normal()));
  const std::vector<std::int32_t> labels{0, 3, 1, 2, 2};
  const BatchView batch{features.data(), labels.data(), nullptr, 5};
  std::vector<float> a(28);
  std::vector<float> b(28);
  EXPECT_NEAR(network->gradient(start.values(), batch, a, kStream), layered.gradient(ours.values(), batch, b, kStream),
              1e-6);
  for (std::size_t i = 0; i < 28; ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
  EXPECT_NEAR(network->loss(start.values(), batch), layered.loss(ours.values(), batch), 1e-6);
}

TEST(TorchScript, OnlyTrainingMovesRunningStatistics) {
  const Scratch scratch;
  const auto model = open_model(scratch, make_module(kBatchNorm));
  const auto network = make_network(model, kShape, {});
  auto parameters = model.initialise(kShape, 1);
  const auto before = parameters.digest();
  const std::vector<float> features(4 * 6, 0.5F);
  const std::vector<std::int32_t> labels{0, 3, 1, 2};
  const BatchView batch{features.data(), labels.data(), nullptr, 4};
  std::vector<float> gradient(28);
  network->gradient(std::as_const(parameters).values(), batch, gradient, kStream);
  network->loss(std::as_const(parameters).values(), batch);
  EXPECT_EQ(parameters.digest(), before);
  network->training_gradient(parameters.values(), batch, gradient, kStream);
  EXPECT_NE(parameters.digest(), before);
}

// A part that was exported after eval() stays so when the whole trains, before and after an evaluation.
TEST(TorchScript, PartsKeepTheirModes) {
  const Scratch scratch;
  torch::jit::Module outer("outer");
  auto frozen = make_module(kBatchNorm);
  frozen.eval();
  outer.register_module("frozen", frozen);
  outer.register_attribute("training", c10::BoolType::get(), true);
  outer.define("def forward(self, x):\n  return self.frozen.forward(x)\n");
  const auto model = open_model(scratch, outer);
  const auto network = make_network(model, kShape, {});
  auto parameters = model.initialise(kShape, 1);
  const std::vector<float> features(4 * 6, 0.5F);
  const std::vector<std::int32_t> labels{0, 3, 1, 2};
  const BatchView batch{features.data(), labels.data(), nullptr, 4};
  std::vector<float> before(parameters.layout().trainable_size());
  std::vector<float> after(before.size());
  const auto digest = parameters.digest();
  network->training_gradient(parameters.values(), batch, before, kStream);
  network->loss(std::as_const(parameters).values(), batch);
  network->training_gradient(parameters.values(), batch, after, kStream);
  EXPECT_EQ(before, after);
  EXPECT_EQ(parameters.digest(), digest);  // its statistics do not move
}

TEST(TorchScript, SaysWhatIsWrong) {
  const Scratch scratch;
  EXPECT_EQ(problem(scratch, make_module("y")), "");
  EXPECT_THAT(problem(scratch, make_module("y", 7)),
              HasSubstr("turns a batch of 2 examples into 2×7, the data need 2×4"));
  EXPECT_THAT(problem(scratch, make_module("torch.dropout(y, 0.5, self.training)")),
              HasSubstr("the model itself calls dropout, which draws from a generator that all threads share"));
  EXPECT_THAT(problem(scratch, make_module("y + torch.rand_like(y)")), HasSubstr("calls rand_like"));
  EXPECT_THAT(problem(scratch, make_module("y.reshape([7, 11])")), HasSubstr("forward() fails for a batch of 2"));
  EXPECT_THAT(problem(scratch, make_module("y + torch.normal(0.0, 1.0, [2, 4])")), HasSubstr("calls normal"));
  EXPECT_THAT(problem(scratch, make_module("torch.batch_norm(y, None, None, self.running_mean, self.running_var, True, "
                                           "0.1, 1e-5, False)")),
              HasSubstr("always in training"));
  EXPECT_EQ(problem(scratch, make_module("torch.dropout(y, 0.0, self.training)")), "");
  auto tied = make_module("y");
  tied.register_parameter("again", tied.attr("bias").toTensor(), false);
  EXPECT_THAT(problem(scratch, tied), HasSubstr("are one tensor"));
  auto evaluated = make_module("torch.dropout(y, 0.5, self.training)");
  evaluated.eval();
  EXPECT_EQ(problem(scratch, evaluated), "");
  auto wide = make_module("y");
  wide.register_parameter("extra", torch::zeros({2}, torch::kDouble), false);
  EXPECT_THAT(problem(scratch, wide), HasSubstr("parameter 'extra' is Double"));

  scratch.write("net.pt", "not TorchScript");
  TorchScript model;
  SetOptions options(std::map<std::string, std::string>{{"path", "net.pt"}});
  model.declare(options);
  try {
    model.open(scratch.path);
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_THAT(error.what(), HasSubstr("net.pt is no TorchScript file: "));
  }
  EXPECT_THROW(model.open(scratch.path / "elsewhere"), RequestError);
}

}  // namespace
}  // namespace brume::learning
