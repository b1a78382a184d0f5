#include "brume/layout.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "brume/parameters.hpp"
#include "core/sha256.hpp"

namespace brume {
namespace {

using enum TensorRole;

TEST(Layout, OffsetsFollowTheTensors) {
  const Layout layout({{"w", {2, 3}, trainable}, {"b", {2}, trainable}, {"mean", {4}, buffer}});
  EXPECT_EQ(layout.size(), 12U);
  EXPECT_EQ(layout.trainable_size(), 8U);
  EXPECT_EQ(layout.offset(1), 6U);
  EXPECT_EQ(layout.offset(2), 8U);
}

TEST(Layout, RefusesWhatNoModelHas) {
  EXPECT_THROW(Layout({{"w", {0}, trainable}}), FormatError);
  EXPECT_THROW(Layout({{"w", {-3}, trainable}}), FormatError);
  EXPECT_THROW(Layout({{"w", {1}, trainable}, {"w", {1}, trainable}}), FormatError);
  EXPECT_THROW(Layout({{"m", {1}, buffer}, {"w", {1}, trainable}}), FormatError);
  EXPECT_THROW(Layout({{"w", {std::int64_t{1} << 32, std::int64_t{1} << 32}, trainable}}), FormatError);
}

TEST(Layout, DigestDependsOnNamesShapesAndRoles) {
  const Layout a({{"w", {2, 3}, trainable}});
  EXPECT_EQ(a.digest(), Layout({{"w", {2, 3}, trainable}}).digest());
  EXPECT_NE(a.digest(), Layout({{"w", {3, 2}, trainable}}).digest());
  EXPECT_NE(a.digest(), Layout({{"v", {2, 3}, trainable}}).digest());
  EXPECT_NE(a.digest(), Layout({{"w", {2, 3}, buffer}}).digest());
}

TEST(Parameters, AreAlignedZeroAndHashed) {
  Parameters model(
      std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {5}, trainable}, {"b", {2}, trainable}}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(model.values().data()) % 64, 0U);
  EXPECT_EQ(model.values()[6], 0.0F);
  EXPECT_EQ(model.tensor(1).size(), 2U);
  const auto before = model.digest();
  model.tensor(1)[1] = -0.0F;  // another bit pattern is another model
  EXPECT_NE(before, model.digest());
}

}  // namespace
}  // namespace brume
