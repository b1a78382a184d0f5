// Registers something new, and a name that is taken: neither may be there afterwards.
#include "tests/plugins/mean.hpp"

BRUME_PLUGIN("duplicate", "1", [](brume::Registry& registry) {
  registry.add<brume::testing::Mean>("a_new_one", "a mean", "–");
  registry.add<brume::testing::Mean>("fedavg", "a mean", "–");
})
