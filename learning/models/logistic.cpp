#include "learning/models/models.hpp"

namespace brume::learning {

std::vector<Layer> Logistic::layers(const DataShape& shape) const {
  return {{"flatten", Flatten{}}, {"linear", Linear{static_cast<std::int64_t>(shape.width()), shape.outputs()}}};
}

}  // namespace brume::learning
