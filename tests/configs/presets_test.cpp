#include "configs/presets.hpp"

#include <gtest/gtest.h>

#include "configs/configuration.hpp"
#include "configs/document.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::configs {
namespace {

TEST(Presets, EachHasASourceAndCanBeUsed) {
  const Presets presets;
  const auto registry = testing::fake_registry();
  for (const auto* kind : {"device", "link"}) {
    EXPECT_FALSE(presets.all(kind).empty());
    for (const auto& preset : presets.all(kind)) {
      EXPECT_GT(preset.source.size(), 10U) << preset.name;
      const bool is_link = std::string(kind) == "link";
      const std::string text =
          "federation: {rounds: 1}\nmodel: fake\ndata: {name: fake}\nselection: {uniform: {cohort: 1}}\n"
          "topology: {devices: [{count: 1, profile: " +
          (is_link ? "jetson-nano" : preset.name) + ", link: " + (is_link ? preset.name : "wifi") + "}]}\n";
      EXPECT_NO_THROW(read_document_text(text, "f.yaml", {}, registry, presets)) << preset.name;
    }
  }
}

}  // namespace
}  // namespace brume::configs
