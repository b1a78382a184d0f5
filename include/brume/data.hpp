#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "brume/options.hpp"
#include "brume/parameters.hpp"
#include "brume/random.hpp"

namespace brume {

/// What is to be learnt of an example.
enum class LearningTask : std::uint8_t {
  classification,  ///< which of so many classes it belongs to; the next character is one of the alphabet's
  regression,      ///< a number
  reconstruction,  ///< the example itself; what cannot be rebuilt well is an anomaly
};

/// The shape of one example and what is to be learnt of it.
struct DataShape {
  /// {1, 28, 28} for a grey image (channels, height, width), {43} for a table row, {3, 100} for a window of three
  /// channels over time, {80} for a text.
  std::vector<std::int64_t> features;
  std::int64_t classes = 0;  ///< of a classification
  LearningTask task = LearningTask::classification;
  std::int64_t symbols = 0;  ///< if above 0, features are numbers of symbols: 0 … symbols − 1
  /// Of a regression whose targets are standardised: in the data's own unit a target t is mean + deviation · t.
  double target_mean = 0;
  double target_deviation = 1;

  std::size_t width() const;     ///< numbers in one example
  std::int64_t outputs() const;  ///< numbers that a model puts out for one example
  std::string text() const;      ///< "1×28×28"
};

/// A batch of examples in memory, row after row.
struct Examples {
  std::size_t count = 0;
  FloatVector features;              ///< count × width
  std::vector<std::int32_t> labels;  ///< count, each in 0 … classes − 1; of a reconstruction's tests 1 for an anomaly
  FloatVector targets;               ///< count, of a regression; else empty

  void resize(std::size_t rows, std::size_t width) {
    count = rows;
    features.resize(rows * width);
    labels.resize(rows);
    targets.clear();
  }
  /// Adds rows `first` … `first + rows − 1` of `from`, whose examples are as wide.
  void append(const Examples& from, std::size_t first, std::size_t rows);
};

/// The data of a federation as seen by whoever trains and evaluates. A device's examples are made when asked for, and
/// only then; everything is safe to call from several threads.
class FederatedData {
 public:
  virtual ~FederatedData() = default;
  virtual const DataShape& shape() const = 0;
  /// False for data that only say how many examples there are: a stand-in for a model can do with that.
  virtual bool has_examples() const { return true; }
  /// How many of the examples just before one, in the order of load(), share parts with it, as overlapping windows do.
  virtual std::uint64_t overlap() const { return 0; }
  virtual std::uint64_t device_count() const = 0;
  virtual std::uint64_t sample_count(DeviceIndex device) const = 0;
  virtual void load(DeviceIndex device, Examples& examples) const = 0;
  virtual std::uint64_t test_count() const = 0;
  virtual void load_test(std::uint64_t first, std::uint64_t count, Examples& examples) const = 0;
  /// What a device keeps back from its own examples, to be evaluated on. None by default.
  virtual std::uint64_t device_test_count(DeviceIndex /*device*/) const { return 0; }
  virtual void load_device_test(DeviceIndex /*device*/, Examples& examples) const {
    examples.resize(0, shape().width());
  }
};

/// A data set as one table of rows, which a partition deals out to devices.
class PooledData {
 public:
  virtual ~PooledData() = default;
  virtual const DataShape& shape() const = 0;
  virtual std::span<const std::int32_t> labels() const = 0;  ///< of the training rows; zeros if they have none
  /// Which natural device each training row belongs to, numbered from 0; empty if the data set has none.
  virtual std::span<const std::uint32_t> natural_devices() const { return {}; }
  /// How many of the rows just before one share parts with it, as overlapping windows do.
  virtual std::uint64_t overlap() const { return 0; }
  virtual void copy(std::span<const std::uint32_t> rows, Examples& examples) const = 0;
  virtual std::uint64_t test_count() const = 0;
  virtual void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const = 0;
};

/// Which training rows each device holds: device d has rows[offsets[d]] … rows[offsets[d + 1] − 1].
struct Assignment {
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> rows;

  std::uint64_t device_count() const { return offsets.size() - 1; }
  std::span<const std::uint32_t> of(DeviceIndex device) const {
    return std::span(rows).subspan(offsets[device], offsets[device + 1] - offsets[device]);
  }
  void end_device() { offsets.push_back(rows.size()); }
};

/// How rows are dealt to devices. Every device gets at least one row, no row is dealt twice.
class Partition : public Component {
 public:
  static constexpr std::string_view kKind = "partition";
  /// Notes where relative paths start. Called once, before deal().
  virtual void open(const std::filesystem::path& /*folder*/) {}
  /// Throws RequestError when the data cannot be dealt like this, saying how many devices it could serve.
  virtual Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const = 0;
};

/// What a data set needs to know to become a federation's data.
struct DataRequest {
  std::filesystem::path base;  ///< relative paths are taken from here: the configuration's folder
  std::uint64_t devices = 0;
  std::uint64_t seed = 0;
  std::shared_ptr<const Partition> partition;  ///< null if the configuration names none
};

/// A data set that a configuration can name.
class Dataset : public Component {
 public:
  static constexpr std::string_view kKind = "dataset";
  /// Reads or prepares the data. Throws RequestError for a missing, truncated or unsuitable file.
  virtual std::shared_ptr<const FederatedData> federate(const DataRequest& request) const = 0;
};

}  // namespace brume
