#pragma once

#include <string>
#include <vector>

#include "brume/data.hpp"

namespace brume::learning {

/// A CSV file with a header: one column is the label, one may name the device that a row comes from, the others are
/// features. Missing values (empty, ?, NA, NaN) become the column's mean. Features are standardised by mean and
/// deviation of the training rows, computed from sums over the devices. A share of each device's rows is the test set.
class CsvDataset final : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

 private:
  std::string path_;
  std::string label_;
  std::string device_;
  std::vector<std::string> ignore_;
  double test_fraction_ = 0.2;
  bool standardize_ = true;
};

}  // namespace brume::learning
