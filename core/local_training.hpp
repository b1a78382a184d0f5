#pragma once

#include <functional>
#include <string>
#include <utility>

#include "brume/training.hpp"

namespace brume {

/// Runs the federation's local program for one job in `context` and encodes what it uploads into `result`, whose states
/// are the job's, staged, and are what `context` hands to the program. Throws Error in the algorithm's name.
void run_local_program(const TrainingSetup& setup, const TrainingJob& job, LocalContext& context,
                       TrainingResult& result);

/// Does `work` for an algorithm; whatever it throws becomes an Error in the algorithm's name, but for Interrupted.
void name_failure(const Algorithm& algorithm, const std::function<void()>& work);

/// Of the exception that is being handled: what it says, behind the component's name if it has one.
std::string failure_of(const Component& component);

/// What a context takes from its job, whatever computes the gradients. Refers to what it is made of.
class JobContext : public LocalContext {
 public:
  /// `state` is the device's, staged.
  JobContext(const TrainingSetup& setup, const TrainingJob& job, State& state)
      : setup_(setup), job_(job), state_(state), plan_(setup.plan.of_task(setup.seed, job.task)) {}
  const TaskId& task() const final { return job_.task; }
  const TrainingPlan& plan() const final { return plan_; }
  const LayoutPointer& layout() const final { return job_.model->layout_pointer(); }
  std::span<const float> base() const final { return std::as_const(*job_.model).values(); }
  State& optimizer_memory() final { return optimizer_memory_; }
  std::span<const float> broadcast(std::string_view name) const final;
  State& state() final { return state_; }
  Stream stream(Purpose purpose) const final { return {setup_.seed, purpose, job_.task}; }

 protected:
  const TrainingSetup& setup() const { return setup_; }

 private:
  const TrainingSetup& setup_;
  const TrainingJob& job_;
  State& state_;
  TrainingPlan plan_;
  State optimizer_memory_;
};

}  // namespace brume
