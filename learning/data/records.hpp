#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brume/data.hpp"
#include "learning/data/csv_table.hpp"

namespace brume::learning {

/// What the columns of a table are for.
struct ColumnRoles {
  std::string label;                    ///< of a class; one of these four is given
  std::string target;                   ///< a number
  std::string anomaly;                  ///< 0 or 1
  std::string remaining;                ///< a count up to a device's end: the target is how far it still has to go
  double most_remaining = 0;            ///< the target is never more; 0: no limit
  std::string device;                   ///< whose row it is
  bool device_per_file = false;         ///< whose file it is
  std::vector<std::string> ignore;      ///< no features
  std::vector<std::string> categories;  ///< a feature for each of their values, 0 or 1
  bool target_is_feature = false;       ///< of earlier rows, for a forecast

  LearningTask task() const;
};

/// Rows of one or several files as numbers, device after device, each device's in the files' order.
struct Records {
  std::vector<std::string> columns;       ///< of the features
  std::vector<std::string> classes;       ///< names, in their natural order: 2 before 10
  std::vector<std::string> device_names;  ///< likewise
  FloatVector values;                     ///< rows × columns, NaN for what is missing
  std::vector<std::int32_t> labels;       ///< class, or 1 for an anomaly; −1 where it is missing
  std::vector<double> targets;            ///< NaN where it is missing
  std::vector<std::uint32_t> devices;     ///< an index into device_names
  bool has_devices = false;               ///< of their own; otherwise all rows are one's
  std::vector<std::string> places;        ///< file:line, of each row

  std::size_t count() const { return devices.size(); }
};

/// Throws RequestError with file:line and column for a cell that is no number, and for files with different headers.
Records read_records(const std::vector<std::filesystem::path>& files, const CsvFormat& format,
                     const ColumnRoles& roles);

}  // namespace brume::learning
