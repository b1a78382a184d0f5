#include "learning/data/synthetic.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"

namespace brume::learning {

namespace {

using Settings = SyntheticDataset::Settings;

// What makes each stream of a device different.
enum Part : std::uint64_t { kModel, kTraining, kTest, kCount, kInput };

// The device whose model all have if it is shared.
constexpr DeviceIndex kEveryone = ~DeviceIndex{0};

class SyntheticData final : public FederatedData {
 public:
  SyntheticData(const Settings& settings, std::uint64_t devices, std::uint64_t seed)
      : settings_(settings), shape_{{settings.features}, settings.classes}, devices_(devices), seed_(seed) {
    for (std::int64_t j = 1; j <= settings.features; ++j)
      deviations_.push_back(std::sqrt(std::pow(static_cast<double>(j), -1.2)));
  }

  const DataShape& shape() const override { return shape_; }
  std::uint64_t device_count() const override { return devices_; }
  std::uint64_t sample_count(DeviceIndex device) const override {
    Stream stream(seed_, Purpose::generate, device, kCount);
    const double drawn = std::exp(settings_.samples_mean_log + settings_.samples_deviation_log * stream.normal());
    const double most = static_cast<double>(settings_.most_samples);
    return std::min(
        static_cast<std::uint64_t>(std::min(drawn, most)) + static_cast<std::uint64_t>(settings_.least_samples),
        static_cast<std::uint64_t>(settings_.most_samples));
  }
  void load(DeviceIndex device, Examples& examples) const override {
    examples.resize(sample_count(device), shape_.width());
    Stream stream(seed_, Purpose::generate, device, kTraining);
    draw(make_device(device), stream, 0, examples.count, examples);
  }
  std::uint64_t test_count() const override {
    return std::min<std::uint64_t>(static_cast<std::uint64_t>(settings_.test_devices), devices_) *
           static_cast<std::uint64_t>(settings_.test_samples);
  }
  // Test examples lie device after device; each is drawn from a stream of its own, so that any slice costs its length.
  void load_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, shape_.width());
    const auto each = static_cast<std::uint64_t>(settings_.test_samples);
    Device device;
    for (std::uint64_t i = 0; i < count; ++i) {
      const DeviceIndex index = (first + i) / each;
      const std::uint64_t number = (first + i) % each;
      if (i == 0 || number == 0) device = make_device(index);
      Stream stream(seed_, Purpose::generate, index, number << 8 | kTest);
      draw(device, stream, i, 1, examples);
    }
  }

 private:
  struct Device {
    std::vector<double> weights;  // classes × features
    std::vector<double> bias;
    std::vector<double> mean;
  };

  Device make_device(DeviceIndex index) const {
    const bool shared = settings_.shared_model;
    Stream stream(seed_, Purpose::generate, shared ? kEveryone : index, kModel);
    Stream input(seed_, Purpose::generate, index, kInput);
    Device device;
    const double u = shared ? 0 : std::sqrt(settings_.alpha) * stream.normal();
    const double b = std::sqrt(settings_.beta) * input.normal();
    for (std::int64_t i = 0; i < settings_.classes * settings_.features; ++i)
      device.weights.push_back(u + stream.normal());
    for (std::int64_t i = 0; i < settings_.classes; ++i) device.bias.push_back(u + stream.normal());
    for (std::int64_t i = 0; i < settings_.features; ++i) device.mean.push_back(b + input.normal());
    return device;
  }

  void draw(const Device& device, Stream& stream, std::size_t first, std::size_t count, Examples& examples) const {
    const auto width = static_cast<std::size_t>(settings_.features);
    for (std::size_t row = first; row < first + count; ++row) {
      float* x = examples.features.data() + row * width;
      for (std::size_t j = 0; j < width; ++j)
        x[j] = static_cast<float>(device.mean[j] + deviations_[j] * stream.normal());
      examples.labels[row] = label_of(device, std::span(x, width));
    }
  }

  static std::int32_t label_of(const Device& device, std::span<const float> x) {
    std::size_t best = 0;
    double best_score = 0;
    for (std::size_t c = 0; c < device.bias.size(); ++c) {
      double score = device.bias[c];
      for (std::size_t j = 0; j < x.size(); ++j) score += device.weights[c * x.size() + j] * x[j];
      if (c == 0 || score > best_score) {
        best = c;
        best_score = score;
      }
    }
    return static_cast<std::int32_t>(best);
  }

  Settings settings_;
  DataShape shape_;
  std::uint64_t devices_;
  std::uint64_t seed_;
  std::vector<double> deviations_;
};

}  // namespace

void SyntheticDataset::declare(Options& options) {
  auto& s = settings_;
  options.number({"alpha", "how much devices' models differ"}, s.alpha, Range::at_least(0));
  options.number({"beta", "how much devices' inputs differ"}, s.beta, Range::at_least(0));
  options.flag({"shared_model", "one model behind all devices' labels; alpha then has no effect"}, s.shared_model);
  options.integer({"features", "of an example"}, s.features, Range::between(1, 1e5));
  options.integer({"classes", "of labels"}, s.classes, Range::between(2, 1e4));
  options.number({"samples_mean_log", "mean of the logarithm of a device's examples"}, s.samples_mean_log,
                 Range::between(-20, 20));
  options.number({"samples_deviation_log", "its deviation"}, s.samples_deviation_log, Range::between(0, 20));
  options.integer({"least_samples", "added to each device's number"}, s.least_samples, Range::between(1, 1e8));
  options.integer({"most_samples", "no device has more"}, s.most_samples, Range::between(1, 1e8));
  options.integer({"test_devices", "the first so many devices give test examples"}, s.test_devices,
                  Range::between(1, 1e6));
  options.integer({"test_samples", "from each of them"}, s.test_samples, Range::between(1, 1e6));
}

std::shared_ptr<const FederatedData> SyntheticDataset::federate(const DataRequest& request) const {
  if (request.partition) throw RequestError("data set 'synthetic' is made for each device: leave out 'partition'");
  if (settings_.most_samples < settings_.least_samples)
    throw RequestError("data set 'synthetic': most_samples must be at least least_samples");
  return std::make_shared<SyntheticData>(settings_, request.devices, request.seed);
}

}  // namespace brume::learning
