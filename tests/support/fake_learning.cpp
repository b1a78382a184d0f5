#include "tests/support/fake_learning.hpp"

#include <cmath>

#include "algorithms/registration.hpp"
#include "brume/error.hpp"
#include "compression/registration.hpp"
#include "core/local_training.hpp"
#include "core/pooled_trainer.hpp"

namespace brume::testing {

namespace {

constexpr auto kTrainable = TensorRole::trainable;

class FakeModel final : public Model {
 public:
  void declare(Options& options) override { options.integer({"size", "elements"}, size_, Range::between(1, 1e7)); }
  ModelFacts facts(const DataShape& shape) const override {
    if (shape.width() != 4) throw RequestError("model 'fake' needs 4 features, the data have " + shape.text());
    if (size_ < 3) return {std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {size_}, kTrainable}}), 1e6};
    return {std::make_shared<const Layout>(std::vector<TensorSpec>{
                {"w", {size_ - 2}, kTrainable}, {"norm.weight", {1}, kTrainable}, {"output.weight", {1}, kTrainable}}),
            1e6};
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

// Loss Σ ½·5·(wᵢ − 1)², and noise of the device's own in each gradient.
class FakeContext final : public JobContext {
 public:
  FakeContext(const TrainingSetup& setup, const TrainingJob& job, State& state)
      : JobContext(setup, job, state),
        noise_(setup.seed, Purpose::plugin, job.task),
        model_(job.model->values().begin(), job.model->values().end()) {}
  std::size_t sample_count() const override { return setup().data->sample_count(task().device); }
  std::span<float> model() override { return model_; }
  double gradient(std::span<const float> at, Batch batch, std::span<float> out) override {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = 5 * (at[i] - 1) + 0.5F * static_cast<float>(noise_.uniform() - 0.5);
    return loss(at, batch);
  }
  double loss(std::span<const float> at, Batch /*batch*/) override {
    double sum = 0;
    for (const float value : at) sum += std::fabs(1.0 - value);
    return sum / static_cast<double>(at.size());
  }

 private:
  Stream noise_;
  std::vector<float> model_;
};

TrainingResult fake_training(const TrainingSetup& setup, std::uint64_t failing, const TrainingJob& job) {
  if (failing > 0 && job.task.device % failing == 0) throw Error("this device always fails");
  TrainingResult result;
  result.codec_state = job.codec_state;
  result.algorithm_state = job.algorithm_state;
  FakeContext context(setup, job, result.algorithm_state);
  run_local_program(setup, job, context, result);
  result.loss += result.algorithm_state.scalars["rounds"] += 1;  // so that a stale state shows in the log
  return result;
}

class FakeEvaluator final : public Evaluator {
 public:
  explicit FakeEvaluator(const TrainingSetup& setup) : setup_(setup) {}
  Metrics evaluate(const Parameters& model) override { return distance_of(model.values()); }
  std::vector<Metrics> evaluate_on_devices(const std::vector<TrainingJob>& jobs) override {
    std::vector<Metrics> metrics;
    for (const auto& job : jobs) {
      State state = job.algorithm_state;
      FakeContext context(setup_, job, state);
      setup_.algorithm->personalise(context);
      metrics.push_back(distance_of(context.model()));
    }
    return metrics;
  }

 private:
  static Metrics distance_of(std::span<const float> model) {
    double distance = 0;
    for (const float value : model) distance += std::fabs(1.0 - value);
    distance /= static_cast<double>(model.size());
    return {distance, 1.0 / (1.0 + distance), {1, 1}, 10};
  }
  TrainingSetup setup_;
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
  return {std::make_shared<PooledTrainer>(pool, std::move(train)), std::make_shared<FakeEvaluator>(setup)};
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
