#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brume/local_program.hpp"
#include "brume/model.hpp"
#include "brume/task.hpp"
#include "brume/time.hpp"
#include "configs/configuration.hpp"

namespace brume::federation {

/// How long a task trains on the devices of one group, and where that figure comes from.
///
///   time = start_up + steps · step · (slowdown, for a share of the tasks) · exp(noise · z), z standard normal
///
/// A pure function of (seed, task, examples).
struct TaskTiming {
  double start_up = 0;  ///< seconds
  double step = 0;      ///< seconds of one step of `batch_size` examples
  double batch_size = 1;
  double noise = 0;
  double straggling = 0;
  double slowdown = 1;
  std::string source;  ///< "measured: …" or "roofline: …"

  Duration of(std::uint64_t seed, const TaskId& task, std::uint64_t examples) const;
  /// Without noise and stragglers.
  double seconds(double examples) const { return start_up + examples / batch_size * step; }
};

/// Bytes that one step reads and writes in memory: six passes over the parameters (read in both passes, gradient
/// written and read, weight read and written) and five over what each layer puts out for each example.
double bytes_of_step(const ModelFacts& facts, std::int64_t batch_size);

/// The group's entry for this model and batch size in its table of measurements, or a roofline (Williams et al.,
/// CACM 2009): a step takes as long as its arithmetic at peak · efficiency or its bytes at memory_bandwidth,
/// whichever is longer. `folder` is where relative paths start. Throws RequestError for a table that cannot be read.
TaskTiming timing_of(const configs::DeviceProfile& profile, const ModelFacts& facts, const TrainingPlan& plan,
                     const std::filesystem::path& folder);

/// One line of a table of measured times.
struct MeasuredTime {
  std::string model;
  std::int64_t parameters = 0;
  double forward_flops = 0;
  std::int64_t batch_size = 0;
  double step = 0;      ///< seconds
  double start_up = 0;  ///< seconds
  std::string source;   ///< machine, program and day

  bool same_work(const MeasuredTime& other) const {
    return parameters == other.parameters && forward_flops == other.forward_flops && batch_size == other.batch_size;
  }
};
std::vector<MeasuredTime> read_timing_table(const std::filesystem::path& path);
std::string to_yaml(const std::vector<MeasuredTime>& times);

}  // namespace brume::federation
