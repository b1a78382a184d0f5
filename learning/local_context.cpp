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
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::copy_n(examples.features.begin() + static_cast<std::ptrdiff_t>(batch[i] * width), width,
                bench_.batch_features.begin() + static_cast<std::ptrdiff_t>(i * width));
    bench_.batch_labels[i] = examples.labels[batch[i]];
  }
  return {bench_.batch_features.data(), bench_.batch_labels.data(), static_cast<std::int64_t>(batch.size())};
}

double WorkbenchContext::gradient(std::span<const float> at, Batch batch, std::span<float> out) {
  if (setup().interrupted && setup().interrupted()) throw Interrupted();
  return bench_.network.gradient(at, gather(batch), out);
}

double WorkbenchContext::loss(std::span<const float> at, Batch batch) { return bench_.network.loss(at, gather(batch)); }

}  // namespace brume::learning
