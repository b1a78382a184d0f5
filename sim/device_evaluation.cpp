#include "sim/device_evaluation.hpp"

#include <algorithm>
#include <numeric>

namespace brume::sim {

DeviceEvaluation::DeviceEvaluation(const federation::Assembly& assembly, std::uint64_t count) {
  const auto all = assembly.data->device_count();
  if (count == 0) return;
  devices_.resize(all);
  std::iota(devices_.begin(), devices_.end(), DeviceIndex{0});
  if (count >= all) return;
  Stream(assembly.seed, Purpose::device_evaluation).shuffle(std::span(devices_));
  devices_.resize(count);
  std::sort(devices_.begin(), devices_.end());
}

void DeviceEvaluation::note(const Record& record) {
  const auto* commit = std::get_if<CommitRecord>(&record);
  if (!wanted() || !commit) return;
  included_.clear();
  for (const auto& [version, receipts] : commit->receipts)
    for (const auto& receipt : receipts)
      if (receipt.status == Status::folded) included_[receipt.device] = receipt.task(version);
}

// Some at a time: each job holds what its device keeps.
DeviceMetrics DeviceEvaluation::evaluate(Evaluator& evaluator, client::ClientStore& store,
                                         const std::shared_ptr<const Parameters>& model) const {
  constexpr std::size_t kAtOnce = 64;
  const auto nothing = std::make_shared<const std::vector<NamedVector>>();
  const auto digest = std::make_shared<const Digest>(model->digest());
  std::vector<Metrics> metrics;
  std::vector<TrainingJob> jobs;
  for (const auto device : devices_) {
    const auto task = included_.find(device);
    State state = task == included_.end() ? store.algorithm_state(device) : store.algorithm_state_after(task->second);
    jobs.push_back({{0, device, 0}, Time::min(), model, digest, nothing, std::move(state), {}});
    if (jobs.size() < kAtOnce && device != devices_.back()) continue;
    const auto some = evaluator.evaluate_on_devices(jobs);
    metrics.insert(metrics.end(), some.begin(), some.end());
    jobs.clear();
  }
  return summarise(metrics);
}

}  // namespace brume::sim
