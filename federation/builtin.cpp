#include "federation/builtin.hpp"

#if BRUME_WITH_LEARNING
#include "learning/backend.hpp"
#endif

namespace brume::federation {

Registry builtin_registry() {
  Registry registry = combining_registry();
#if BRUME_WITH_LEARNING
  learning::register_learning(registry);
#endif
  return registry;
}

std::unique_ptr<LearningBackend> builtin_backend() {
#if BRUME_WITH_LEARNING
  return learning::make_backend();
#else
  return nullptr;
#endif
}

}  // namespace brume::federation
