#include "federation/held_out.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "federation/wrapped_data.hpp"

namespace brume::federation {

namespace {

class HeldOut final : public WrappedData {
 public:
  HeldOut(std::shared_ptr<const FederatedData> data, double share, std::uint64_t seed)
      : WrappedData(std::move(data)), share_(share), seed_(seed) {}
  std::uint64_t sample_count(DeviceIndex device) const override {
    const auto rest = data().sample_count(device) - device_test_count(device);
    return device_test_count(device) > 0 ? rest - gap(rest) : rest;
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
    const auto tests = static_cast<std::ptrdiff_t>(device_test_count(device));
    if (data().overlap() > 0) std::sort(order.begin(), order.end(), std::greater<>());
    const auto gap_size = tests > 0 ? static_cast<std::ptrdiff_t>(gap(all.count - device_test_count(device))) : 0;
    std::vector<std::uint32_t> rows(kept ? order.begin() : order.begin() + tests + gap_size,
                                    kept ? order.begin() + tests : order.end());
    std::sort(rows.begin(), rows.end());
    examples.resize(0, shape().width());
    for (const auto row : rows) examples.append(all, row, 1);
  }
  // Of what is left to train on, how many share parts with tests; one stays whatever it shares.
  std::uint64_t gap(std::uint64_t left) const { return std::min(data().overlap(), left - 1); }

  double share_;
  std::uint64_t seed_;
};

class PooledByAll final : public WrappedData {
 public:
  explicit PooledByAll(std::shared_ptr<const FederatedData> data) : WrappedData(std::move(data)) {
    for (DeviceIndex device = 0; device < device_count(); ++device) total_ += this->data().sample_count(device);
  }
  std::uint64_t sample_count(DeviceIndex /*device*/) const override { return total_; }
  void load(DeviceIndex /*device*/, Examples& examples) const override {
    Examples one;
    examples.resize(0, shape().width());
    for (DeviceIndex device = 0; device < device_count(); ++device) {
      data().load(device, one);
      examples.append(one, 0, one.count);
    }
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
