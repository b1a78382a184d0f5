#include "brume/selection.hpp"

#include <cmath>

namespace brume {

std::uint64_t SelectionPolicy::devices_asked() const {
  // The product of a round factor and a whole number is a hair off: 100 · 1.1 must give 110, not 111.
  const double exact = static_cast<double>(cohort()) * over_selection();
  return static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12)));
}

}  // namespace brume
