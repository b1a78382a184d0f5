#include <stdexcept>

#include "tests/plugins/mean.hpp"

BRUME_PLUGIN("throwing", "1", [](brume::Registry& registry) {
  registry.add<brume::testing::Mean>("half_registered", "a mean", "–");
  throw std::runtime_error("the licence server does not answer");
})
