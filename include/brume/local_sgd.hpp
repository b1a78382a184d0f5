#pragma once

#include "brume/local_program.hpp"

namespace brume {

/// What a series of steps came to.
struct LocalRun {
  std::uint64_t steps = 0;
  double total_loss = 0;  ///< of all steps, each before it was made

  /// Counts a step. Throws Error when its loss is not finite.
  void add(double loss);
  double mean_loss() const { return steps > 0 ? total_loss / static_cast<double>(steps) : 0; }
};

/// Trains context.model() as the plan says: steps of the configured optimiser over shuffled batches, each gradient
/// changed by `correction` if there is one. Throws Error when the loss is no longer finite.
LocalRun train_locally(LocalContext& context, const LocalCorrection* correction = nullptr);

/// The same for a model of the program's own (all tensors), with an optimiser's memory of its own; other batches than
/// train_locally() takes, by `stream`.
LocalRun train_locally(LocalContext& context, std::span<float> model, const LocalCorrection* correction,
                       const Stream& stream);

/// An update with the change of context.model() as "delta".
Update change_of_model(LocalContext& context, const LocalRun& run);

/// The default program: train_locally(), then change_of_model().
class LocalSgd final : public LocalProgram {
 public:
  explicit LocalSgd(const LocalCorrection* correction = nullptr) : correction_(correction) {}
  Update run(LocalContext& context) const override {
    const auto run = train_locally(context, correction_);
    return change_of_model(context, run);
  }

 private:
  const LocalCorrection* correction_;
};

/// The mean loss over all of the device's examples, computed in batches.
double full_loss(LocalContext& context, std::span<const float> at);
/// The same with its gradient at the trainable elements of `at`.
double full_gradient(LocalContext& context, std::span<const float> at, std::span<float> out);
/// The same for a step of training: moves the buffers of `trained`, as LocalContext::training_gradient does.
double full_training_gradient(LocalContext& context, std::span<float> trained, std::span<float> out);

}  // namespace brume
