#include "brume/layers.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "learning/models/image_models.hpp"
#include "learning/models/models.hpp"
#include "learning/models/sequence_models.hpp"

namespace brume::learning {
namespace {

const DataShape kImages{{1, 28, 28}, 10};
const DataShape kColour{{3, 32, 32}, 10};

TEST(Models, HaveTheParametersThatTheirPapersCount) {
  EXPECT_EQ(CnnSmall().facts(kImages).layout->size(), 28'938U);
  EXPECT_EQ(Logistic().facts(kImages).layout->size(), 7'850U);
  EXPECT_EQ(Mlp().facts(kImages).layout->size(), 199'210U);  // 784-200-200-10, McMahan et al. 2017's 2NN
  EXPECT_EQ(LeNet5().facts(kImages).layout->size(), 61'706U);
  EXPECT_EQ(LeNet5().facts(kColour).layout->size(), 62'006U);
  EXPECT_EQ(CnnCifar().facts(kColour).layout->size(), 1'626'442U);
  EXPECT_NEAR(static_cast<double>(ResNet8().facts(kColour).layout->size()), 78e3, 0.5e3);
  EXPECT_NEAR(static_cast<double>(ResNet20().facts(kColour).layout->size()), 0.27e6, 0.005e6);
}

TEST(Models, CountTheirOperations) {
  EXPECT_EQ(Logistic().facts(kImages).forward_flops, 2 * 784 * 10);
  EXPECT_EQ(CnnSmall().facts(kImages).forward_flops, 2.0 * (16 * 28 * 28 * 25 + 32 * 14 * 14 * 16 * 25 + 1568 * 10));
}

TEST(Models, SequencesFitWindowsAndSymbols) {
  const DataShape windows{{9, 128}, 6};
  const DataShape text{{80}, 60, LearningTask::classification, 60};
  EXPECT_EQ(Cnn1d().facts(windows).layout->size(), 32U * 9 * 5 + 32 + 64 * 32 * 5 + 64 + 64 * 6 + 6);
  EXPECT_EQ(GruModel().facts(windows).layout->size(), 3U * 64 * (9 + 64 + 2) + 64 * 6 + 6);
  EXPECT_EQ(LstmModel().facts(text).layout->size(), 60U * 8 + 4 * 64 * (8 + 64 + 2) + 64 * 60 + 60);
  EXPECT_GT(Tcn().facts(windows).forward_flops, 1e6);
  EXPECT_EQ(Autoencoder().facts({{43}, 0, LearningTask::reconstruction}).layout->tensors().back().shape[0], 43);
  EXPECT_EQ(Mlp().facts({{14}, 0, LearningTask::regression}).layout->tensors().back().shape[0], 1);
}

// y = relu(x + norm(conv(x))), with what a residual block forbids.
class Blocks final : public LayeredModel {
 public:
  explicit Blocks(std::vector<Layer> body) : body_(std::move(body)) {}
  std::vector<Layer> layers(const DataShape& shape) const override {
    return {{"block", Residual{body_, {}}}, {"pool", GlobalAveragePool{}}, {"output", Linear{1, shape.outputs()}}};
  }

 private:
  std::vector<Layer> body_;
};

TEST(Layers, BuffersFollowTrainableTensors) {
  const auto layout = Blocks({{"conv", Conv2d{1, 1, 3, 1}}, {"norm", BatchNorm{1}}}).facts({{1, 4, 4}, 2}).layout;
  EXPECT_EQ(layout->tensors()[0].name, "block.conv.weight");
  EXPECT_EQ(layout->tensors().back().name, "block.norm.running_var");
  EXPECT_EQ(layout->size() - layout->trainable_size(), 2U);
  const auto start = Blocks({{"norm", BatchNorm{1}}}).initialise({{1, 4, 4}, 2}, 1);
  EXPECT_EQ(start.tensor(0)[0], 1.0F);     // weight
  EXPECT_EQ(start.tensor(1)[0], 0.0F);     // bias
  EXPECT_EQ(start.values().back(), 1.0F);  // running_var
}

TEST(Layers, AReluMayNotOverwriteWhatOthersNeed) {
  EXPECT_THROW(Blocks({{"relu", Relu{}}}).facts({{1, 4, 4}, 2}), RequestError);
  EXPECT_THROW(Blocks({{"conv", Conv2d{1, 2, 3, 1}}}).facts({{1, 4, 4}, 2}), RequestError);  // 2×4×4 + 1×4×4
}

TEST(Models, SayWhatTheirInputMustBe) {
  for (const auto& shape : {DataShape{{43}, 6}, DataShape{{1, 30, 28}, 10}}) {
    try {
      CnnSmall().facts(shape);
      FAIL();
    } catch (const RequestError& error) {
      EXPECT_NE(std::string(error.what()).find("the data have " + shape.text()), std::string::npos);
    }
  }
}

TEST(Models, StartUniformWithinTheFanInBound) {
  const auto model = CnnSmall().initialise(kImages, 3);
  EXPECT_EQ(model.digest(), CnnSmall().initialise(kImages, 3).digest());
  EXPECT_NE(model.digest(), CnnSmall().initialise(kImages, 4).digest());
  const double bounds[] = {1 / std::sqrt(25.0),  1 / std::sqrt(25.0),   1 / std::sqrt(400.0),
                           1 / std::sqrt(400.0), 1 / std::sqrt(1568.0), 1 / std::sqrt(1568.0)};
  for (std::size_t i = 0; i < 6; ++i) {
    double largest = 0;
    for (const float value : model.tensor(i)) largest = std::max(largest, std::fabs(static_cast<double>(value)));
    EXPECT_LE(largest, bounds[i]);
    EXPECT_GT(largest, 0.7 * bounds[i]);
  }
}

}  // namespace
}  // namespace brume::learning
