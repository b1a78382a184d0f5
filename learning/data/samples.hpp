#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "learning/data/records.hpp"

namespace brume::learning {

/// How rows become examples, and which of them are kept for tests.
struct SampleOptions {
  std::int64_t window = 1;   ///< rows of an example
  std::int64_t stride = 1;   ///< rows from one example to the device's next
  std::int64_t horizon = 0;  ///< rows from the last of an example to the one whose label or target it has
  double test_fraction = 0.2;
  std::string test_from = "random";  ///< "random" examples of each device, the "end" of each device, whole "devices"
  bool skip_unlabelled = false;
};

/// An example ends with row `last` and has the label of row `labelled`, of the same device.
struct Sample {
  std::uint32_t last = 0;
  std::uint32_t labelled = 0;
};

struct Samples {
  std::vector<Sample> training;        ///< device after device
  std::vector<std::uint32_t> devices;  ///< of each training example, numbered from 0 without gaps
  std::vector<Sample> test;
};

/// The examples of records, which are windows over each device's rows. Training examples share no row with test
/// examples that are from the end or from other devices; of a reconstruction, none has an anomaly in it. Throws
/// RequestError for a row without label or target, unless those are skipped, and for a device without examples.
Samples choose_samples(const Records& records, const SampleOptions& options, LearningTask task, std::uint64_t seed);

/// Examples of rows, made when they are asked for, so that overlapping windows cost nothing. Features, and the targets
/// of a regression, are standardised by sums over the devices' training rows, or only have their gaps filled with the
/// mean.
std::shared_ptr<const PooledData> make_samples(Records records, Samples samples, const SampleOptions& options,
                                               LearningTask task, bool standardize);

}  // namespace brume::learning
