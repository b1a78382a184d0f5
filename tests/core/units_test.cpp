#include "brume/units.hpp"

#include <gtest/gtest.h>

namespace brume {
namespace {

TEST(Units, ParsesWhatPeopleWrite) {
  EXPECT_EQ(parse_quantity("10 Mbit/s", Unit::bits_per_second).value, 1e7);
  EXPECT_EQ(parse_quantity("256kB", Unit::bytes).value, 256e3);
  EXPECT_EQ(parse_quantity("1.5 GiB", Unit::bytes).value, 1.5 * 1073741824);
  EXPECT_EQ(parse_quantity("5 W", Unit::watts).value, 5);
  EXPECT_EQ(parse_quantity("15 ms", Unit::seconds).value, 15 * 1e-3);
  EXPECT_EQ(parse_quantity("10 min", Unit::seconds).value, 600);
  EXPECT_EQ(parse_quantity("2e3 GFLOP/s", Unit::flops_per_second).value, 2e12);
}

TEST(Units, SaysWhatIsWrong) {
  EXPECT_EQ(parse_quantity("10 Mbits", Unit::bits_per_second).error,
            "has unknown unit 'Mbits'; did you mean 'Mbit/s'? (known: bit/s, kbit/s, Mbit/s, Gbit/s)");
  EXPECT_EQ(parse_quantity("10", Unit::seconds).error, "has no unit; write for example '15 ms'");
  EXPECT_EQ(parse_quantity("fast", Unit::seconds).error, "must be a number with a unit, such as '15 ms', not 'fast'");
  EXPECT_NE(parse_quantity("nan s", Unit::seconds).error, "");
  EXPECT_NE(parse_quantity("1e999 s", Unit::seconds).error, "");
  EXPECT_NE(parse_quantity("", Unit::seconds).error, "");
}

TEST(Units, ShowsTheShortestTextThatParsesBack) {
  EXPECT_EQ(show_quantity(1e7, Unit::bits_per_second), "10 Mbit/s");
  EXPECT_EQ(show_quantity(600, Unit::seconds), "10 min");
  EXPECT_EQ(show_quantity(0, Unit::seconds), "0 s");
  for (const double value : {1.0, 0.001, 44.5e-3, 3.3e-9, 123456.789, 1e12, 2.0 / 3})
    for (const auto unit : {Unit::seconds, Unit::bytes, Unit::bits_per_second, Unit::watts, Unit::flops_per_second}) {
      const auto text = show_quantity(value, unit);
      EXPECT_EQ(parse_quantity(text, unit).value, value) << text;
    }
}

}  // namespace
}  // namespace brume
