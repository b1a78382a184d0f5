#include "configs/overrides.hpp"

#include <gtest/gtest.h>

#include "configs/yaml.hpp"

namespace brume::configs {
namespace {

Node tree() { return parse_yaml("a: {b: 1}\nlist: [{c: 1}, {c: 2}]\nname: mlp\n", "f.yaml"); }

TEST(Overrides, ReplaceAddAndReachIntoLists) {
  auto root = tree();
  apply_override(root, "a.b=[1, 2]");
  apply_override(root, "list.1.c=x=y");
  apply_override(root, "new.key=5 s");
  EXPECT_EQ(find_path(root, "a.b")->items.size(), 2U);
  EXPECT_EQ(find_path(root, "list.1.c")->text, "x=y");
  EXPECT_EQ(find_path(root, "new.key")->text, "5 s");
  EXPECT_EQ(find_path(root, "new.key")->place.text(), "--set new.key=5 s");
}

TEST(Overrides, OpenANameToItsOptions) {
  auto root = tree();
  apply_override(root, "name.mlp.width=3");
  EXPECT_EQ(find_path(root, "name.mlp.width")->text, "3");
}

TEST(Overrides, RefuseWhatTheyCannotRead) {
  auto root = tree();
  EXPECT_THROW(apply_override(root, "a.b"), ConfigurationError);
  EXPECT_THROW(apply_override(root, "=1"), ConfigurationError);
  EXPECT_THROW(apply_override(root, "list.2.c=1"), ConfigurationError);
  EXPECT_THROW(apply_override(root, "list.x.c=1"), ConfigurationError);
  EXPECT_THROW(apply_override(root, "a.b=[1"), ConfigurationError);
}

}  // namespace
}  // namespace brume::configs
