#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "brume/data.hpp"
#include "brume/model.hpp"
#include "brume/time.hpp"

namespace brume {

/// One piece of training as plain data, complete when the task is issued.
struct TrainingJob {
  TaskId task;
  Time needed_by;                           ///< when the result will be asked for; a hint for the order of work
  std::shared_ptr<const Parameters> model;  ///< as the device decoded it
  std::shared_ptr<const Digest> model_digest;
  std::shared_ptr<const std::vector<NamedVector>> broadcast;  ///< what the server sent beside the model; never null
  State algorithm_state;                                      ///< the device's, staged
  State codec_state;
  std::size_t most_bytes = 0;  ///< that its frames together should take, if the codec can choose; 0: as it likes
};

struct EncodedVector {
  std::string name;
  Frame frame;
};

struct TrainingResult {
  std::string error;  ///< "" or why training failed; then the rest means nothing
  std::vector<EncodedVector> vectors;
  std::vector<NamedScalar> scalars;
  double weight = 0;
  double loss = 0;
  std::uint64_t samples = 0;
  State algorithm_state;  ///< commit these on `included` only
  State codec_state;
};

/// Trains. The result of a job is a function of (job, federation, build): not of the worker, the queue or the order.
/// Called from one thread.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual void submit(TrainingJob job) = 0;             ///< a task already submitted is left as it is
  virtual TrainingResult take(const TaskId& task) = 0;  ///< waits; each submitted task can be taken once
  virtual void cancel(const TaskId& task) = 0;          ///< forgets a task; its work may be lost
};

struct Metrics {
  double loss = 0;
  double accuracy = 0;                 ///< NaN where nothing is classified
  std::vector<double> class_accuracy;  ///< one for each class; NaN for a class without test examples
  std::uint64_t examples = 0;
  /// Rmse, mae, r2, quantile_loss of a regression, auc, f1 of a search for anomalies.
  std::vector<NamedScalar> others{};

  /// By name: loss, accuracy, or one of the others. None for a metric that this task does not have.
  std::optional<double> find(std::string_view name) const;
  /// What to show where there is room for one: the accuracy, the first of the others, or the loss.
  NamedScalar headline() const;
};

/// A value of a metric that a run is to reach.
struct Target {
  std::string metric;
  double value = 0;
  bool lower_is_better = false;

  bool reached_by(const Metrics& metrics) const;
};

/// Evaluates on the federation's test examples, the same bits for any number of workers.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual Metrics evaluate(const Parameters& model) = 0;
  /// For each job: the model that its device would use (Algorithm::personalise), on the examples that the device has
  /// kept back; without examples where it has kept back none. Throws Error when a device cannot evaluate.
  virtual std::vector<Metrics> evaluate_on_devices(const std::vector<TrainingJob>& jobs) {
    return std::vector<Metrics>(jobs.size());
  }
};

/// How well devices are served: their metrics, each device counting alike. Where nothing is classified, `accuracy` is
/// NaN, and the loss takes its place in the others.
struct DeviceMetrics {
  std::uint64_t devices = 0;    ///< that had examples to evaluate on
  double loss = 0;              ///< mean over devices
  double accuracy = 0;          ///< mean over devices
  double worst_decile = 0;      ///< mean accuracy of the worst tenth of the devices, of one at least
  std::vector<double> deciles;  ///< accuracy at 0, 10, …, 100 % of the devices, by nearest rank
};

/// Leaves out devices without examples. `deciles` is empty if that leaves none.
DeviceMetrics summarise(const std::vector<Metrics>& devices);

/// What training needs to know of the federation; outlives the trainer.
struct TrainingSetup {
  std::shared_ptr<const Model> model;
  std::shared_ptr<const FederatedData> data;
  std::shared_ptr<const Algorithm> algorithm;
  std::shared_ptr<const LocalProgram> program;  ///< what each device runs; never null
  std::shared_ptr<const Codec> uplink;
  TrainingPlan plan;
  std::uint64_t seed = 0;
  unsigned workers = 1;
  std::function<bool()> interrupted;  ///< asked at each step from any thread; training and evaluation then throw Error
};

/// Which libraries computed a run; part of `build` in summary.json.
struct LearningBuild {
  std::string libtorch;
  std::string blas;
};

/// A back end that trains models. `learning/` has one with LibTorch; tests have a fake one.
class LearningBackend {
 public:
  virtual ~LearningBackend() = default;
  struct Workers {
    std::shared_ptr<Trainer> trainer;
    std::shared_ptr<Evaluator> evaluator;
  };
  virtual Workers start(const TrainingSetup& setup) const = 0;
  virtual LearningBuild build() const = 0;
};

}  // namespace brume
