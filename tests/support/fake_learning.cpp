#include "tests/support/fake_learning.hpp"

#include <atomic>
#include <cmath>
#include <unordered_map>

#include "algorithms/registration.hpp"
#include "brume/error.hpp"
#include "compression/registration.hpp"
#include "core/worker_pool.hpp"

namespace brume::testing {

namespace {

class FakeModel final : public Model {
 public:
  void declare(Options& options) override { options.integer({"size", "elements"}, size_, Range::between(1, 1e7)); }
  ModelFacts facts(const DataShape& shape) const override {
    if (shape.width() != 4) throw RequestError("model 'fake' needs 4 features, the data have " + shape.text());
    return {std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {size_}, TensorRole::trainable}}), 1e6};
  }
  Parameters initialise(const DataShape& shape, std::uint64_t seed) const override {
    Parameters model(facts(shape).layout);
    Stream stream(seed, Purpose::initialise);
    for (float& value : model.values()) value = static_cast<float>(stream.uniform() - 0.5);
    return model;
  }

 private:
  std::int64_t size_ = 100;
};

class FakeData final : public FederatedData {
 public:
  explicit FakeData(std::uint64_t devices) : devices_(devices) {}
  const DataShape& shape() const override { return shape_; }
  std::uint64_t device_count() const override { return devices_; }
  std::uint64_t sample_count(DeviceIndex device) const override { return 10 + device % 7; }
  void load(DeviceIndex device, Examples& examples) const override { examples.resize(sample_count(device), 4); }
  std::uint64_t test_count() const override { return 10; }
  void load_test(std::uint64_t /*first*/, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, 4);
  }

 private:
  DataShape shape_{{4}, 2};
  std::uint64_t devices_;
};

class FakeDataset final : public Dataset {
 public:
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override {
    return std::make_shared<FakeData>(request.devices);
  }
};

class FakeTrainer final : public Trainer {
 public:
  FakeTrainer(TrainingSetup setup, std::uint64_t failing, std::shared_ptr<WorkerPool> pool)
      : setup_(std::move(setup)), failing_(failing), pool_(std::move(pool)) {}
  ~FakeTrainer() override { pool_->drain(); }

  void submit(TrainingJob job) override {
    const auto [entry, added] = slots_.try_emplace(job.task, std::make_shared<Slot>());
    if (!added) return;
    const auto slot = entry->second;
    slot->job = std::move(job);
    pool_->post(slot->job.needed_by, [this, slot](unsigned) {
      if (!slot->cancelled) slot->result = train(slot->job);
      slot->done = true;
    });
  }
  TrainingResult take(const TaskId& task) override {
    const auto slot = slots_.at(task);
    pool_->work_until([&] { return slot->done.load(); });
    slots_.erase(task);
    return std::move(slot->result);
  }
  void cancel(const TaskId& task) override {
    const auto found = slots_.find(task);
    if (found == slots_.end()) return;
    found->second->cancelled = true;
    slots_.erase(found);
  }

 private:
  struct Slot {
    TrainingJob job;
    TrainingResult result;
    std::atomic<bool> cancelled{false};
    std::atomic<bool> done{false};
  };

  TrainingResult train(const TrainingJob& job) const {
    TrainingResult result;
    if (failing_ > 0 && job.task.device % failing_ == 0) {
      result.error = "this device always fails";
      return result;
    }
    Stream stream(setup_.seed, Purpose::plugin, job.task);
    FloatVector delta(job.model->values().begin(), job.model->values().end());
    double loss = 0;
    for (float& value : delta) {
      loss += std::fabs(1.0 - value);
      value = 0.1F * (1.0F - value) + 0.01F * static_cast<float>(stream.uniform() - 0.5);
    }
    result.loss = loss / static_cast<double>(delta.size());
    result.samples = setup_.data->sample_count(job.task.device);
    result.weight = static_cast<double>(result.samples);
    State none;
    result.vectors.push_back({"delta", setup_.uplink->encode(delta, job.model->layout(), {*job.model_digest, 0},
                                                             Stream(setup_.seed, Purpose::uplink, job.task), none)});
    return result;
  }

  TrainingSetup setup_;
  std::uint64_t failing_;
  std::shared_ptr<WorkerPool> pool_;
  std::unordered_map<TaskId, std::shared_ptr<Slot>> slots_;
};

class FakeEvaluator final : public Evaluator {
 public:
  Metrics evaluate(const Parameters& model) override {
    double distance = 0;
    for (const float value : model.values()) distance += std::fabs(1.0 - value);
    distance /= static_cast<double>(model.values().size());
    return {distance, 1.0 / (1.0 + distance), {1, 1}, 10};
  }
};

}  // namespace

void register_fake_learning(Registry& registry) {
  registry.add<FakeModel>("fake", "a vector of numbers", "–");
  registry.add<FakeDataset>("fake", "nothing", "–");
}

Registry fake_registry() {
  Registry registry;
  algorithms::register_algorithms(registry);
  compression::register_codecs(registry);
  register_fake_learning(registry);
  return registry;
}

LearningBackend::Workers FakeBackend::start(const TrainingSetup& setup) const {
  auto pool = std::make_shared<WorkerPool>(setup.workers, [] {});
  return {std::make_shared<FakeTrainer>(setup, failing_, pool), std::make_shared<FakeEvaluator>()};
}

std::string fake_federation(const std::string& more) {
  return "federation: {name: fake, seed: 5, rounds: 6}\n"
         "model: fake\n"
         "data: {name: fake}\n"
         "training: {batch_size: 5}\n"
         "topology:\n"
         "  devices:\n"
         "    - {count: 30, profile: raspberry-pi-5, link: wifi}\n"
         "    - {count: 20, profile: raspberry-pi-4, link: lte}\n" +
         more;
}

}  // namespace brume::testing
