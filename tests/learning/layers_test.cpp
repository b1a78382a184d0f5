#include "learning/layers.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "learning/models/models.hpp"

namespace brume::learning {
namespace {

const DataShape kImages{{1, 28, 28}, 10};

TEST(Models, HaveTheParametersThatTheirPapersCount) {
  EXPECT_EQ(CnnSmall().facts(kImages).layout->size(), 28'938U);
  EXPECT_EQ(Logistic().facts(kImages).layout->size(), 7'850U);
  EXPECT_EQ(Mlp().facts(kImages).layout->size(), 199'210U);  // 784-200-200-10, McMahan et al. 2017's 2NN
}

TEST(Models, CountTheirOperations) {
  EXPECT_EQ(Logistic().facts(kImages).forward_flops, 2 * 784 * 10);
  EXPECT_EQ(CnnSmall().facts(kImages).forward_flops, 2.0 * (16 * 28 * 28 * 25 + 32 * 14 * 14 * 16 * 25 + 1568 * 10));
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
