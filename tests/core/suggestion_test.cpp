#include "core/suggestion.hpp"

#include <gtest/gtest.h>

namespace brume {
namespace {

const std::vector<std::string> kKnown{"fedadam", "fedavg", "fedprox"};

TEST(Suggestion, FindsTheNearWord) {
  EXPECT_EQ(nearest("fedprx", kKnown), "fedprox");
  EXPECT_EQ(nearest("fedpxro", kKnown), "fedprox");
  EXPECT_EQ(nearest("scaffold", kKnown), "");
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kKnown), "");
}

TEST(Suggestion, AlwaysNamesTheKnownWords) {
  EXPECT_EQ(suggestion("fedprx", kKnown), "did you mean 'fedprox'? (known: fedadam, fedavg, fedprox)");
  EXPECT_EQ(suggestion("scaffold", kKnown), "(known: fedadam, fedavg, fedprox)");
}

}  // namespace
}  // namespace brume
