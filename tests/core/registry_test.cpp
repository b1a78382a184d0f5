#include "brume/registry.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"

namespace brume {
namespace {

struct Fruit : Component {
  static constexpr std::string_view kKind = "fruit";
};
struct Apple : Fruit {};

TEST(Registry, MakesWhatWasRegistered) {
  Registry registry;
  registry.add<Apple>("apple", "a fruit", "–");
  EXPECT_NE(dynamic_cast<Apple*>(registry.make("fruit", "apple").get()), nullptr);
  EXPECT_EQ(registry.names("fruit"), std::vector<std::string>{"apple"});
  EXPECT_THROW(registry.add<Apple>("apple", "again", "–"), RequestError);
}

TEST(Registry, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  Registry registry;
  registry.add<Apple>("apple", "a fruit", "–");
  try {
    registry.make("fruit", "appel");
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(), "unknown fruit 'appel'; did you mean 'apple'? (known: apple)");
  }
}

}  // namespace
}  // namespace brume
