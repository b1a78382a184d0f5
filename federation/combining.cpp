#include "algorithms/registration.hpp"
#include "compression/registration.hpp"
#include "federation/builtin.hpp"

namespace brume::federation {

Registry combining_registry() {
  Registry registry;
  algorithms::register_algorithms(registry);
  compression::register_codecs(registry);
  return registry;
}

}  // namespace brume::federation
