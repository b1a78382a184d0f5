#include "algorithms/fedsgd.hpp"

#include <cmath>

#include "brume/error.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

Update FedSgd::run(LocalContext& context) const {
  FloatVector gradient(context.layout()->trainable_size());
  const double loss = full_training_gradient(context, context.model(), gradient);
  if (!std::isfinite(loss)) throw Error("the loss of the received model is not finite");
  auto update = change_of_model(context, {1, loss});  // of its buffers, which the gradient moved
  auto& delta = update.vectors.front().values;
  for (std::size_t i = 0; i < gradient.size(); ++i) delta[i] = -gradient[i];
  return update;
}

}  // namespace brume::algorithms
