#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "brume/error.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

using testing::codec;
using testing::through;

const char* const kFp16 = "[{half: {format: fp16, rounding: nearest}}]";
const char* const kBf16 = "[{half: {format: bf16, rounding: nearest}}]";

// Of IEEE 754 binary16: 1/3 is 0x3555, the largest 65504, the smallest normal 2^−14, subnormals are multiples of 2^−24;
// ties go to the even mantissa.
TEST(Half, RoundsToTheNearestAsIeeeSays) {
  const std::vector<float> x{0.333333333F, 65504,       -65519,       0x1p-14F,       0x1p-24F, 0x1p-25F,
                             0x1.8p-24F,   -0x1.8p-25F, 1 + 0x1p-11F, 1 + 0x1.8p-10F, 0};
  const std::vector<float> y{0x1.554p-2F, 65504, -65504, 0x1p-14F, 0x1p-24F, 0, 0x1p-23F, -0x1p-24F, 1, 1 + 0x1p-9F, 0};
  EXPECT_EQ(through(*codec(kFp16), x).values, y);
}

TEST(Half, Bf16KeepsTheRangeOfAFloat) {
  const std::vector<float> x{0.333333333F, 0x1p120F, -0x1.01p0F, 0x1.03p0F, 0x1p-130F};
  const std::vector<float> y{0x1.56p-2F, 0x1p120F, -1, 0x1.04p0F, 0x1p-130F};
  EXPECT_EQ(through(*codec(kBf16), x).values, y);
}

// Every value of the format comes back as it is, whichever way it is rounded.
TEST(Half, KeepsWhatItCanHold) {
  std::vector<float> x;
  for (int exponent = -24; exponent <= 15; ++exponent)
    for (int mantissa = 0; mantissa < 4; ++mantissa)
      x.push_back(std::ldexp(1.0F + 0.25F * static_cast<float>(mantissa), exponent));
  x.erase(std::remove_if(x.begin(), x.end(), [](float v) { return v < 0x1p-22F && std::fmod(v, 0x1p-24F) != 0; }),
          x.end());
  EXPECT_EQ(through(*codec(kFp16), x).values, x);
  EXPECT_EQ(through(*codec("[{half: {format: fp16}}]"), x).values, x);
  EXPECT_EQ(through(*codec("[half, entropy]"), x).values, x);
}

TEST(Half, RefusesWhatFp16CannotHold) {
  EXPECT_THROW(through(*codec(kFp16), {65520}), Error);
  EXPECT_THROW(through(*codec(kBf16), {std::numeric_limits<float>::infinity()}), Error);
}

}  // namespace
}  // namespace brume::compression
