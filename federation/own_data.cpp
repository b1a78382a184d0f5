#include "federation/own_data.hpp"

#include "brume/error.hpp"

namespace brume::federation {

namespace {

class OwnData final : public FederatedData {
 public:
  OwnData(std::shared_ptr<const FederatedData> data, DeviceIndex device) : data_(std::move(data)), device_(device) {}
  const DataShape& shape() const override { return data_->shape(); }
  bool has_examples() const override { return data_->has_examples(); }
  std::uint64_t overlap() const override { return data_->overlap(); }
  std::uint64_t device_count() const override { return device_ + 1; }
  std::uint64_t sample_count(DeviceIndex device) const override { return data_->sample_count(place_of(device)); }
  void load(DeviceIndex device, Examples& examples) const override { data_->load(place_of(device), examples); }
  std::uint64_t test_count() const override { return data_->test_count(); }
  void load_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    data_->load_test(first, count, examples);
  }
  std::uint64_t device_test_count(DeviceIndex device) const override {
    return data_->device_test_count(place_of(device));
  }
  void load_device_test(DeviceIndex device, Examples& examples) const override {
    data_->load_device_test(place_of(device), examples);
  }

 private:
  DeviceIndex place_of(DeviceIndex device) const {
    if (device != device_) throw Error("a device has no data but its own");
    return 0;
  }
  std::shared_ptr<const FederatedData> data_;
  DeviceIndex device_;
};

}  // namespace

std::shared_ptr<const FederatedData> own_data(const Dataset& dataset, const std::filesystem::path& folder,
                                              DeviceIndex device, std::uint64_t seed, const Registry& registry) {
  DataRequest request{folder, 1, seed, nullptr};
  if (registry.find(Partition::kKind, "iid")) request.partition = Chosen<Partition>::make(registry, "iid").component;
  return std::make_shared<const OwnData>(dataset.federate(request), device);
}

}  // namespace brume::federation
