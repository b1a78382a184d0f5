#include "algorithms/local_only.hpp"

#include "brume/local_sgd.hpp"

namespace brume::algorithms {

Update LocalOnly::run(LocalContext& context) const {
  const auto run = train_locally(context, personal_model(context), nullptr, context.stream(Purpose::shuffle));
  Update update;
  update.samples = context.sample_count();
  update.loss = run.mean_loss();
  return update;
}

}  // namespace brume::algorithms
