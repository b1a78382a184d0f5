#include "learning/local_context.hpp"

#include <algorithm>

#include "brume/error.hpp"

namespace brume::learning {

WorkbenchContext::WorkbenchContext(const TrainingSetup& setup, const TrainingJob& job, State& state, Workbench& bench)
    : JobContext(setup, job, state), bench_(bench) {
  setup.data->load(job.task.device, bench.device_examples);
  const auto values = job.model->values();
  bench.model.assign(values.begin(), values.end());
}

BatchView WorkbenchContext::gather(Batch batch) {
  const auto& examples = bench_.device_examples;
  const std::size_t width = setup().data->shape().width();
  bench_.batch_features.resize(batch.size() * width);
  bench_.batch_labels.resize(batch.size());
  bench_.batch_targets.resize(examples.targets.empty() ? 0 : batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::copy_n(examples.features.begin() + static_cast<std::ptrdiff_t>(batch[i] * width), width,
                bench_.batch_features.begin() + static_cast<std::ptrdiff_t>(i * width));
    bench_.batch_labels[i] = examples.labels[batch[i]];
    if (!examples.targets.empty()) bench_.batch_targets[i] = examples.targets[batch[i]];
  }
  return {bench_.batch_features.data(), bench_.batch_labels.data(), bench_.batch_targets.data(),
          static_cast<std::int64_t>(batch.size())};
}

// Each gradient of a task draws from a stream of its own.
Stream WorkbenchContext::next_random() {
  if (setup().interrupted && setup().interrupted()) throw Interrupted();
  return stream(Purpose::dropout).fork(gradients_++);
}

double WorkbenchContext::gradient(std::span<const float> at, Batch batch, std::span<float> out) {
  const auto random = next_random();
  return bench_.network->gradient(at, gather(batch), out, random);
}

double WorkbenchContext::training_gradient(std::span<float> trained, Batch batch, std::span<float> out) {
  const auto random = next_random();
  return bench_.network->training_gradient(trained, gather(batch), out, random);
}

double WorkbenchContext::loss(std::span<const float> at, Batch batch) {
  return bench_.network->loss(at, gather(batch));
}

}  // namespace brume::learning
