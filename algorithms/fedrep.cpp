#include "algorithms/fedrep.hpp"

#include <algorithm>

#include "brume/batches.hpp"

namespace brume::algorithms {

void FedRep::declare(Options& options) {
  LocalLayers::declare(options);
  options.integer({"head_epochs", "of the head, before the body's training"}, head_epochs_, Range::between(0, 1000));
}

LocalRun FedRep::train(LocalContext& context) const {
  const auto layers = split(context.layout());
  FloatVector gradient(context.layout()->trainable_size());
  State head_memory;
  FloatVector head(layers.local()->size());
  FloatVector received(context.base().begin(), context.base().end());
  const auto run = [&](const TrainingPlan& plan, const Stream& stream, State& memory, const auto& hold) {
    Batches batches(context.sample_count(), plan, stream);
    LocalRun result;
    for (Batch batch = batches.next(); !batch.empty(); batch = batches.next()) {
      result.add(context.training_gradient(context.model(), batch, gradient));
      context.step(context.model().first(gradient.size()), gradient, memory);
      hold();
    }
    return result;
  };
  TrainingPlan of_head = context.plan();
  of_head.epochs = head_epochs_;
  of_head.steps = 0;
  const auto shuffle = context.stream(Purpose::shuffle);
  if (head_epochs_ > 0)
    run(of_head, shuffle.fork(1), head_memory, [&] {  // the body is put back to what was received
      layers.take_local(context.model(), head);
      std::copy(received.begin(), received.end(), context.model().begin());
      layers.put_local(head, context.model());
    });
  layers.take_local(context.model(), head);
  return run(context.plan(), shuffle, context.optimizer_memory(), [&] { layers.put_local(head, context.model()); });
}

}  // namespace brume::algorithms
