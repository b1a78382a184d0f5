#pragma once

#include <memory>

#include "brume/data.hpp"

namespace brume::learning {

/// A table whose rows a partition has dealt to devices.
class DealtData final : public FederatedData {
 public:
  DealtData(std::shared_ptr<const PooledData> table, Assignment assignment)
      : table_(std::move(table)), assignment_(std::move(assignment)) {}

  const DataShape& shape() const override { return table_->shape(); }
  std::uint64_t overlap() const override { return table_->overlap(); }
  std::uint64_t device_count() const override { return assignment_.device_count(); }
  std::uint64_t sample_count(DeviceIndex device) const override { return assignment_.of(device).size(); }
  void load(DeviceIndex device, Examples& examples) const override { table_->copy(assignment_.of(device), examples); }
  std::uint64_t test_count() const override { return table_->test_count(); }
  void load_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    table_->copy_test(first, count, examples);
  }

 private:
  std::shared_ptr<const PooledData> table_;
  Assignment assignment_;
};

/// Deals `table` by the request's partition, which must be named: throws RequestError if it is not.
std::shared_ptr<const FederatedData> deal(std::shared_ptr<const PooledData> table, const DataRequest& request);

}  // namespace brume::learning
