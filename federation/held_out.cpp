#include "federation/held_out.hpp"

#include <algorithm>
#include <numeric>

namespace brume::federation {

namespace {

// Data that are another's but for what a device trains and is evaluated on.
class Wrapped : public FederatedData {
 public:
  explicit Wrapped(std::shared_ptr<const FederatedData> data) : data_(std::move(data)) {}
  const DataShape& shape() const override { return data_->shape(); }
  bool has_examples() const override { return data_->has_examples(); }
  std::uint64_t device_count() const override { return data_->device_count(); }
  std::uint64_t test_count() const override { return data_->test_count(); }
  void load_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    data_->load_test(first, count, examples);
  }

 protected:
  const FederatedData& data() const { return *data_; }
  void append(const Examples& from, std::size_t row, Examples& to) const {
    const auto width = static_cast<std::ptrdiff_t>(shape().width());
    const auto first = from.features.begin() + static_cast<std::ptrdiff_t>(row) * width;
    to.features.insert(to.features.end(), first, first + width);
    to.labels.push_back(from.labels[row]);
    ++to.count;
  }

 private:
  std::shared_ptr<const FederatedData> data_;
};

class HeldOut final : public Wrapped {
 public:
  HeldOut(std::shared_ptr<const FederatedData> data, double share, std::uint64_t seed)
      : Wrapped(std::move(data)), share_(share), seed_(seed) {}
  std::uint64_t sample_count(DeviceIndex device) const override {
    return data().sample_count(device) - device_test_count(device);
  }
  std::uint64_t device_test_count(DeviceIndex device) const override {
    const auto count = data().sample_count(device);
    if (count < 2) return 0;
    const auto kept = static_cast<std::uint64_t>(share_ * static_cast<double>(count));
    return std::clamp<std::uint64_t>(kept, 1, count - 1);
  }
  void load(DeviceIndex device, Examples& examples) const override { load(device, false, examples); }
  void load_device_test(DeviceIndex device, Examples& examples) const override { load(device, true, examples); }

 private:
  // The rows stay in their order, so that what is kept back changes nothing else.
  void load(DeviceIndex device, bool kept, Examples& examples) const {
    Examples all;
    data().load(device, all);
    std::vector<std::uint32_t> order(all.count);
    std::iota(order.begin(), order.end(), 0U);
    Stream(seed_, Purpose::test_split, device).shuffle(std::span(order));
    const auto border = order.begin() + static_cast<std::ptrdiff_t>(device_test_count(device));
    std::vector<std::uint32_t> rows(kept ? order.begin() : border, kept ? border : order.end());
    std::sort(rows.begin(), rows.end());
    examples.resize(0, shape().width());
    for (const auto row : rows) append(all, row, examples);
  }
  double share_;
  std::uint64_t seed_;
};

class PooledByAll final : public Wrapped {
 public:
  explicit PooledByAll(std::shared_ptr<const FederatedData> data) : Wrapped(std::move(data)) {
    for (DeviceIndex device = 0; device < device_count(); ++device) total_ += this->data().sample_count(device);
  }
  std::uint64_t sample_count(DeviceIndex /*device*/) const override { return total_; }
  void load(DeviceIndex /*device*/, Examples& examples) const override {
    Examples one;
    examples.resize(0, shape().width());
    for (DeviceIndex device = 0; device < device_count(); ++device) {
      data().load(device, one);
      examples.features.insert(examples.features.end(), one.features.begin(), one.features.end());
      examples.labels.insert(examples.labels.end(), one.labels.begin(), one.labels.end());
      examples.count += one.count;
    }
  }
  std::uint64_t device_test_count(DeviceIndex device) const override { return data().device_test_count(device); }
  void load_device_test(DeviceIndex device, Examples& examples) const override {
    data().load_device_test(device, examples);
  }

 private:
  std::uint64_t total_ = 0;
};

}  // namespace

std::shared_ptr<const FederatedData> hold_out(std::shared_ptr<const FederatedData> data, double share,
                                              std::uint64_t seed) {
  return std::make_shared<const HeldOut>(std::move(data), share, seed);
}

std::shared_ptr<const FederatedData> pool_all(std::shared_ptr<const FederatedData> data) {
  return std::make_shared<const PooledByAll>(std::move(data));
}

}  // namespace brume::federation
