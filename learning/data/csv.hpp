#pragma once

#include <string>
#include <vector>

#include "learning/data/samples.hpp"

namespace brume::learning {

/// CSV files: one, or all of a folder. A row is an example, or several in a row of the same device are: a window over
/// time. One column says what is to be learnt: a class, a number, whether the row is an anomaly, or a count whose
/// distance from its device's last is the target. Missing values (empty, ?, NA, NaN) become the column's mean.
/// Features and targets are standardised by sums over the devices.
class CsvDataset final : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

 private:
  void declare_rows(Options& options);
  void check() const;
  CsvFormat format() const;

  std::string path_;
  std::string separator_ = "comma";
  std::vector<std::string> columns_;
  ColumnRoles roles_;
  SampleOptions samples_;
  bool standardize_ = true;
};

}  // namespace brume::learning
