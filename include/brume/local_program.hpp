#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brume/options.hpp"
#include "brume/random.hpp"
#include "brume/state.hpp"
#include "brume/update.hpp"

namespace brume {

/// Turns a gradient into a step. Keeps no state: what it remembers over steps lies in `memory`.
class Optimizer : public Component {
 public:
  static constexpr std::string_view kKind = "optimizer";
  /// Changes `model` by one step along `gradient`, which may be used as scratch. Spans have equal sizes (the trainable
  /// elements); `rate` multiplies the learning rate; `memory` starts empty with each task.
  virtual void step(std::span<float> model, std::span<float> gradient, double rate, State& memory) const = 0;
  /// How far so many steps along a constant gradient go, as a multiple of it: η·‖a‖₁ in the words of FedNova (Wang et
  /// al. 2020, §4.1), without weight decay. None for an optimiser that does not go in proportion to the gradient.
  virtual std::optional<double> reach(std::uint64_t /*steps*/) const { return std::nullopt; }
  /// How many numbers `memory` holds for each trainable element.
  virtual double memory_per_parameter() const { return 0; }
};

/// How the learning rate changes over the versions of the model.
class Schedule : public Component {
 public:
  static constexpr std::string_view kKind = "schedule";
  virtual double rate(Version version) const = 0;  ///< what the optimiser's learning rate is multiplied by
};

/// What a model of numbers is trained to make small; a classifier's is the cross-entropy.
struct LossFunction {
  enum class Kind : std::uint8_t { squared, absolute, quantile };
  Kind kind = Kind::squared;
  /// Of the quantile loss (Koenker and Bassett 1978, eq. 3.1): a model that underestimates pays `level` for each unit,
  /// one that overestimates 1 − level.
  double level = 0.5;
};

/// What a device is asked to do with its data.
struct TrainingPlan {
  std::int64_t epochs = 1;
  std::int64_t steps = 0;  ///< if > 0, exactly so many batches, whatever `epochs` says
  std::int64_t batch_size = 32;
  std::shared_ptr<const Optimizer> optimizer{};
  std::shared_ptr<const Schedule> schedule{};  ///< null: the learning rate stays
  LossFunction loss{};
  /// Share of tasks that end early, after a part of their epochs (or steps) drawn evenly from 1 to all: the stragglers
  /// of Li et al. 2020 (FedProx), §5.2.
  double partial_work = 0;

  /// What one task does of it: less, if it is one that ends early. The same wherever it is asked.
  TrainingPlan of_task(std::uint64_t seed, const TaskId& task) const;
  double rate(Version version) const { return schedule ? schedule->rate(version) : 1; }
  /// The optimiser's reach in that version. Throws Error if it has none.
  double reach(std::uint64_t steps_made, Version version) const;
  std::uint64_t steps_for(std::uint64_t samples) const;     ///< batches that a device with so many examples runs
  std::uint64_t examples_for(std::uint64_t samples) const;  ///< examples that it processes in them
};

/// Rows of the device's own examples.
using Batch = std::span<const std::uint32_t>;

/// What a local program sees of the device: its data, its model and primitives that compute. Free of LibTorch; lives
/// for one task, on one thread. Spans stay valid for as long as the context.
class LocalContext {
 public:
  virtual ~LocalContext() = default;
  virtual const TaskId& task() const = 0;
  virtual const TrainingPlan& plan() const = 0;
  virtual std::size_t sample_count() const = 0;
  virtual const LayoutPointer& layout() const = 0;

  virtual std::span<const float> base() const = 0;  ///< the model that the device received, all tensors
  virtual std::span<float> model() = 0;             ///< the model in training; starts as a copy of base()

  /// Writes the gradient of the mean loss over `batch` at the trainable elements of `at` to `out` (trainable_size
  /// floats) and returns the loss.
  virtual double gradient(std::span<const float> at, Batch batch, std::span<float> out) = 0;
  /// The same for a step of training on `trained` (all tensors), whose buffers it moves as well: batch normalisation's
  /// running statistics.
  virtual double training_gradient(std::span<float> trained, Batch batch, std::span<float> out) {
    return gradient(trained, batch, out);
  }
  /// The mean loss over `batch`, without a gradient.
  virtual double loss(std::span<const float> at, Batch batch) = 0;
  /// What the optimiser remembers of model()'s steps.
  virtual State& optimizer_memory() = 0;
  /// One step of the configured optimiser on the trainable elements of model(). May overwrite `gradient`.
  void step(std::span<float> gradient) { step(model().first(gradient.size()), gradient, optimizer_memory()); }
  /// The same on a model of the program's own, with a memory of its own.
  void step(std::span<float> trained, std::span<float> gradient, State& memory) {
    plan().optimizer->step(trained, gradient, plan().rate(task().version), memory);
  }

  /// A vector that the server sent beside the model (Algorithm::broadcast). Throws Error for a name that it did not.
  virtual std::span<const float> broadcast(std::string_view name) const = 0;

  virtual State& state() = 0;  ///< the device's own, staged: committed only if the update is included
  virtual Stream stream(Purpose purpose) const = 0;
};

/// What a device runs for one task.
class LocalProgram {
 public:
  virtual ~LocalProgram() = default;
  virtual Update run(LocalContext& context) const = 0;
};

/// A change to each gradient of the default program: FedProx adds μ(w − w_base) here. Runs over contiguous spans of
/// trainable elements, several models may lie stacked behind each other, so it must work element by element.
class LocalCorrection {
 public:
  virtual ~LocalCorrection() = default;
  /// Vectors that correct() reads, as long as the trainable elements: of those that the server sends beside the model,
  /// and of the device's state, where they are zeros until they are there.
  virtual std::vector<std::string> broadcast() const { return {}; }
  virtual std::vector<std::string> state() const { return {}; }
  struct Spans {
    std::span<const float> model;
    std::span<const float> base;
    std::span<float> gradient;
    std::vector<std::span<const float>> broadcast;  ///< in the order of broadcast()
    std::vector<std::span<const float>> state;      ///< in the order of state()
  };
  virtual void correct(const Spans& spans) const = 0;
};

}  // namespace brume
