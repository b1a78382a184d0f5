#include "testing/linear_task.hpp"

#include "brume/local_sgd.hpp"
#include "core/local_training.hpp"

namespace brume::testing {

namespace {

class PlainSgd final : public Optimizer {
 public:
  explicit PlainSgd(double rate) : rate_(static_cast<float>(rate)) {}
  void step(std::span<float> model, std::span<float> gradient, double rate, State& /*memory*/) const override {
    const auto rate_now = static_cast<float>(rate) * rate_;
    for (std::size_t i = 0; i < model.size(); ++i) model[i] -= rate_now * gradient[i];
  }
  std::optional<double> reach(std::uint64_t steps) const override { return rate_ * static_cast<double>(steps); }

 private:
  float rate_;
};

float predict(std::span<const float> model, const LinearTask::Example& example) {
  float sum = 0;
  for (std::size_t i = 0; i < model.size(); ++i) sum += model[i] * example.x[i];
  return sum;
}

class LinearContext final : public JobContext {
 public:
  LinearContext(const LinearTask& linear, const TrainingSetup& setup, const TrainingJob& job, State& state)
      : JobContext(setup, job, state), model_(job.model->values().begin(), job.model->values().end()) {
    for (std::uint64_t i = 0; i < linear.samples(job.task.device); ++i)
      examples_.push_back(linear.example(job.task.device, i));
  }
  std::size_t sample_count() const override { return examples_.size(); }
  std::span<float> model() override { return model_; }
  double gradient(std::span<const float> at, Batch batch, std::span<float> out) override {
    std::fill(out.begin(), out.end(), 0.0F);
    const float share = 1.0F / static_cast<float>(batch.size());
    for (const auto row : batch) {
      const float error = predict(at, examples_[row]) - examples_[row].y;
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += share * error * examples_[row].x[i];
    }
    return loss(at, batch);
  }
  double loss(std::span<const float> at, Batch batch) override {
    double sum = 0;
    for (const auto row : batch) {
      const double error = predict(at, examples_[row]) - examples_[row].y;
      sum += 0.5 * error * error;
    }
    return sum / static_cast<double>(batch.size());
  }

 private:
  FloatVector model_;
  std::vector<LinearTask::Example> examples_;
};

}  // namespace

LinearTask::LinearTask(std::shared_ptr<const Algorithm> algorithm, std::shared_ptr<const Codec> uplink,
                       const TreeOptions& options)
    : algorithm_(std::move(algorithm)),
      layout_(
          std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {options.parameters}, TensorRole::trainable}})),
      devices_(options.devices) {
  Stream stream(options.seed, Purpose::generate);
  for (std::int64_t i = 0; i < options.parameters; ++i) truth_.push_back(static_cast<float>(stream.normal()));
  setup_.algorithm = algorithm_;
  setup_.uplink = std::move(uplink);
  setup_.seed = options.seed;
  setup_.plan = {1, options.steps, 4, std::make_shared<const PlainSgd>(options.learning_rate)};
  if (algorithm_->program()) {
    setup_.program = {algorithm_, algorithm_->program()};
  } else {
    setup_.program = std::make_shared<const LocalSgd>(algorithm_->correction());
  }
}

LinearTask::Example LinearTask::example(DeviceIndex device, std::uint64_t index) const {
  Stream stream(setup_.seed, Purpose::generate, device + 1, index);
  Example example;
  for (std::size_t i = 0; i < truth_.size(); ++i) {
    const double lean = i == device % truth_.size() ? 0.5 : 0;  // each device sees more of one direction
    example.x.push_back(static_cast<float>(stream.normal() + lean));
    example.y += truth_[i] * example.x.back();
  }
  example.y += static_cast<float>(0.1 * stream.normal());
  return example;
}

TrainingResult LinearTask::train(const TrainingJob& job) const {
  TrainingResult result;
  result.algorithm_state = job.algorithm_state;
  result.codec_state = job.codec_state;
  LinearContext context(*this, setup_, job, result.algorithm_state);
  run_local_program(setup_, job, context, result);
  return result;
}

double LinearTask::loss(std::span<const float> model) const {
  double sum = 0;
  std::uint64_t count = 0;
  for (DeviceIndex device = 0; device < devices_; ++device)
    for (std::uint64_t i = 0; i < samples(device); ++i, ++count) {
      const auto one = example(device, i);
      const double error = predict(model, one) - one.y;
      sum += 0.5 * error * error;
    }
  return sum / static_cast<double>(count);
}

}  // namespace brume::testing
