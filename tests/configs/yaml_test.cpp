#include "configs/yaml.hpp"

#include <gtest/gtest.h>

namespace brume::configs {
namespace {

std::string message(std::string_view text) {
  try {
    parse_yaml(text, "f.yaml");
  } catch (const ConfigurationError& error) {
    return error.what();
  }
  return "";
}

TEST(Yaml, KeepsPlacesAndQuotes) {
  const auto root = parse_yaml("a: 1\nb:\n  - 'x'\n  - {c: true}\n", "f.yaml");
  EXPECT_EQ(root.find("a")->place.text(), "f.yaml:1:4");
  EXPECT_TRUE(root.find("b")->items[0].quoted);
  EXPECT_EQ(find_path(root, "b.1.c")->text, "true");
  EXPECT_EQ(find_path(root, "b.2"), nullptr);
  EXPECT_EQ(place_of(root, "b.1.nothing").text(), "f.yaml:4:5");
}

TEST(Yaml, CopiesAliases) {
  const auto root = parse_yaml("a: &x {p: 1}\nb: *x\n", "f.yaml");
  EXPECT_EQ(find_path(root, "b.p")->text, "1");
}

TEST(Yaml, ReportsEveryDuplicateKey) {
  EXPECT_EQ(message("a: 1\na: 2\nb: {c: 1, c: 2}\n"),
            "f.yaml:2:1: key 'a' stands here a second time; it is first at line 1\n"
            "f.yaml:3:11: key 'c' stands here a second time; it is first at line 3");
}

TEST(Yaml, SaysWhatIsWrong) {
  EXPECT_EQ(message(""), "f.yaml: the file is empty");
  EXPECT_EQ(message("# nothing\n"), "f.yaml: the file is empty");
  EXPECT_NE(message("a:\n\tb: 1\n").find("a tab indents this line"), std::string::npos);
  EXPECT_NE(message("a: [1, 2\n").find("f.yaml:2:1: this is not valid YAML"), std::string::npos);
  EXPECT_NE(message("a: 1\n---\nb: 2\n").find("a second YAML document"), std::string::npos);
  EXPECT_NE(message("{[1]: 2}\n").find("a key must be a single word"), std::string::npos);
}

}  // namespace
}  // namespace brume::configs
