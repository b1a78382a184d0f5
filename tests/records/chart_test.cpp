#include "records/chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace brume::records {
namespace {

using ::testing::HasSubstr;

TEST(Chart, DrawsALineAndEscapesItsWords) {
  const auto picture = svg({"a < b", "round", {{1, 0.5}, {2, 0.75}}, 0.8});
  EXPECT_THAT(picture, HasSubstr("a &lt; b"));
  EXPECT_THAT(picture, HasSubstr("<polyline"));
  EXPECT_THAT(picture, HasSubstr("class=\"mark\""));
}

TEST(Chart, CopesWithLittleToDraw) {
  EXPECT_EQ(svg({"empty", "x", {}, -1}), "");
  EXPECT_THAT(svg({"one point", "x", {{0, 0}}, -1}), HasSubstr("<polyline"));
  EXPECT_THAT(svg({"flat", "x", {{1, 5}, {2, 5}}, -1}), HasSubstr("<polyline"));
}

}  // namespace
}  // namespace brume::records
