// The configuration reader: any bytes end in a ConfigurationError or in a configuration whose resolved form reads back.
#include <cstdlib>
#include <string>

#include "brume/error.hpp"
#include "configs/document.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_learning.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume;
  static const Registry kRegistry = testing::fake_registry();
  static const configs::Presets kPresets;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    auto document = configs::read_document_text(text, "f.yaml", {}, kRegistry, kPresets);
    const auto yaml = configs::to_yaml(configs::resolve(document, kRegistry, kPresets));
    auto again = configs::read_document_text(yaml, "r.yaml", {}, kRegistry, kPresets);
    if (configs::to_yaml(configs::resolve(again, kRegistry, kPresets)) != yaml) std::abort();
  } catch (const RequestError&) {
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const auto* more : {"selection: {uniform: {cohort: 10}}\n",
                           "selection: {uniform: {cohort: 3, over_selection: 1.5}}\ndeadline: 5 min\n"
                           "algorithm: {fedadam: {tau: 0.1}}\nuplink: [{quantize: {bits: 3}}, none]\n",
                           "selection: &a {uniform: {cohort: 1}}\nevaluation: {every: 2}\nuplink: {chain: []}\n"}) {
    const auto text = brume::testing::fake_federation(more);
    seeds.emplace_back(text.begin(), text.end());
  }
  return seeds;
}
