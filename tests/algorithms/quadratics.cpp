#include "tests/algorithms/quadratics.hpp"

#include <algorithm>
#include <numeric>

#include "brume/error.hpp"

namespace brume::testing {

class Quadratics::Context final : public LocalContext {
 public:
  Context(const Quadratics& world, DeviceIndex device, State state)
      : world_(world),
        self_(world.devices_[device]),
        task_{world.version_, device, 0},
        base_(world.model_.values().begin(), world.model_.values().end()),
        model_(base_),
        state_(std::move(state)) {}
  const TaskId& task() const override { return task_; }
  const TrainingPlan& plan() const override { return world_.plan_; }
  std::size_t sample_count() const override { return self_.examples; }
  const LayoutPointer& layout() const override { return world_.model_.layout_pointer(); }
  std::span<const float> base() const override { return base_; }
  std::span<float> model() override { return model_; }
  double gradient(std::span<const float> at, Batch batch, std::span<float> out) override {
    for (std::size_t j = 0; j < out.size(); ++j) {
      double sum = 0;
      for (const auto row : batch) sum += self_.curvature * (at[j] - target(row, j));
      out[j] = static_cast<float>(sum / static_cast<double>(batch.size()));
    }
    return loss(at, batch);
  }
  double loss(std::span<const float> at, Batch batch) override {
    double sum = 0;
    for (const auto row : batch)
      for (std::size_t j = 0; j < at.size(); ++j)
        sum += 0.5 * self_.curvature * (at[j] - target(row, j)) * (at[j] - target(row, j));
    return sum / static_cast<double>(batch.size());
  }
  State& optimizer_memory() override { return memory_; }
  std::span<const float> broadcast(std::string_view name) const override {
    for (const auto& spec : world_.algorithm_->broadcast(layout())) {
      if (spec.name != name) continue;
      const auto found = world_.server_state_.vectors.find(name);
      if (found != world_.server_state_.vectors.end()) return found->second;
      zeros_.assign(spec.layout->size(), 0);
      return zeros_;
    }
    throw Error("not broadcast");
  }
  State& state() override { return state_; }
  Stream stream(Purpose purpose) const override { return {1, purpose, task_}; }

 private:
  double target(std::uint32_t row, std::size_t j) const {
    return self_.optimum[j] + self_.noise * (row % 2 == 0 ? 1 : -1);
  }
  const Quadratics& world_;
  const QuadraticDevice& self_;
  TaskId task_;
  std::vector<float> base_;
  std::vector<float> model_;
  State state_;
  State memory_;
  mutable std::vector<float> zeros_;
};

namespace {

// A body and a head, as models have.
LayoutPointer layout_of(std::size_t size) {
  const auto head = static_cast<std::int64_t>(size / 2);
  std::vector<TensorSpec> tensors{{"body.weight", {static_cast<std::int64_t>(size) - head}, TensorRole::trainable}};
  if (head > 0) tensors.push_back({"output.weight", {head}, TensorRole::trainable});
  return std::make_shared<const Layout>(std::move(tensors));
}

}  // namespace

Quadratics::Quadratics(std::shared_ptr<const Algorithm> algorithm, std::vector<QuadraticDevice> devices,
                       TrainingPlan plan)
    : algorithm_(std::move(algorithm)),
      devices_(std::move(devices)),
      plan_(std::move(plan)),
      model_(layout_of(devices_.front().optimum.size())) {}

Contribution Quadratics::train(DeviceIndex device) {
  Context context(*this, device, states_[device]);
  const LocalSgd standard(algorithm_->correction());
  const LocalProgram& program = algorithm_->program() ? *algorithm_->program() : standard;
  auto update = program.run(context);
  states_[device] = context.state();
  const double weight = algorithm_->weight(update);
  return {context.task(), weight, std::move(update.vectors), std::move(update.scalars)};
}

void Quadratics::round(std::vector<DeviceIndex> cohort) {
  if (cohort.empty()) {
    cohort.resize(devices_.size());
    std::iota(cohort.begin(), cohort.end(), DeviceIndex{0});
  }
  const auto sums = algorithm_->aggregate(model_.layout_pointer(), ExactFormat::for_contributions(cohort.size()));
  for (const auto device : cohort)
    if (sums->add(train(device)) != AddOutcome::added) throw Error("a contribution was refused");
  const TakenAggregate taken{version_, sums.get()};
  columns_ = algorithm_->step({version_, devices_.size(), std::span(&taken, 1)}, model_, server_state_);
  ++version_;
}

std::vector<float> Quadratics::personal(DeviceIndex device) const {
  const auto own = states_.find(device);
  Context context(*this, device, own == states_.end() ? State{} : own->second);
  algorithm_->personalise(context);
  return {context.model().begin(), context.model().end()};
}

double Quadratics::loss() const {
  double sum = 0;
  double examples = 0;
  for (DeviceIndex device = 0; device < devices_.size(); ++device) {
    Context context(*this, device, {});
    sum += static_cast<double>(devices_[device].examples) * full_loss(context, model_.values());
    examples += static_cast<double>(devices_[device].examples);
  }
  return sum / examples;
}

std::vector<double> Quadratics::optimum() const {
  std::vector<double> result(model_.values().size());
  double weight = 0;
  for (const auto& device : devices_) {
    const double share = device.curvature * static_cast<double>(device.examples);
    for (std::size_t j = 0; j < result.size(); ++j) result[j] += share * device.optimum[j];
    weight += share;
  }
  for (double& element : result) element /= weight;
  return result;
}

}  // namespace brume::testing
