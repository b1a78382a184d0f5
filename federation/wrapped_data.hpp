#pragma once

#include <memory>
#include <utility>

#include "brume/data.hpp"

namespace brume::federation {

/// Data that are another's in all but what a subclass changes.
class WrappedData : public FederatedData {
 public:
  explicit WrappedData(std::shared_ptr<const FederatedData> data) : data_(std::move(data)) {}
  const DataShape& shape() const override { return data_->shape(); }
  bool has_examples() const override { return data_->has_examples(); }
  std::uint64_t overlap() const override { return data_->overlap(); }
  std::uint64_t device_count() const override { return data_->device_count(); }
  std::uint64_t sample_count(DeviceIndex device) const override { return data_->sample_count(device); }
  void load(DeviceIndex device, Examples& examples) const override { data_->load(device, examples); }
  std::uint64_t test_count() const override { return data_->test_count(); }
  void load_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    data_->load_test(first, count, examples);
  }
  std::uint64_t device_test_count(DeviceIndex device) const override { return data_->device_test_count(device); }
  void load_device_test(DeviceIndex device, Examples& examples) const override {
    data_->load_device_test(device, examples);
  }

 protected:
  const FederatedData& data() const { return *data_; }

 private:
  std::shared_ptr<const FederatedData> data_;
};

}  // namespace brume::federation
