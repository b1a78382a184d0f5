#include "tests/support/fake_learning.hpp"

#include <cmath>

#include "algorithms/registration.hpp"
#include "brume/error.hpp"
#include "compression/registration.hpp"
#include "core/pooled_trainer.hpp"

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

TrainingResult fake_training(const TrainingSetup& setup, std::uint64_t failing, const TrainingJob& job) {
  if (failing > 0 && job.task.device % failing == 0) throw Error("this device always fails");
  TrainingResult result;
  Stream stream(setup.seed, Purpose::plugin, job.task);
  FloatVector delta(job.model->values().begin(), job.model->values().end());
  double loss = 0;
  for (float& value : delta) {
    loss += std::fabs(1.0 - value);
    value = 0.1F * (1.0F - value) + 0.01F * static_cast<float>(stream.uniform() - 0.5);
  }
  result.loss = loss / static_cast<double>(delta.size());
  result.samples = setup.data->sample_count(job.task.device);
  result.weight = static_cast<double>(result.samples);
  result.codec_state = job.codec_state;
  result.algorithm_state = job.algorithm_state;
  result.algorithm_state.scalars["rounds"] += 1;
  result.vectors.push_back(
      {"delta", setup.uplink->encode(delta, job.model->layout(), {*job.model_digest, 0, "delta"},
                                     Stream(setup.seed, Purpose::uplink, job.task), result.codec_state)});
  result.loss += result.algorithm_state.scalars["rounds"];  // so that a stale state shows in the log
  return result;
}

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
  auto train = [setup, failing = failing_](const TrainingJob& job, unsigned /*worker*/) {
    return fake_training(setup, failing, job);
  };
  return {std::make_shared<PooledTrainer>(pool, std::move(train)), std::make_shared<FakeEvaluator>()};
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
