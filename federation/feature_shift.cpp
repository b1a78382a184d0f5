#include "federation/feature_shift.hpp"

#include <cmath>
#include <numbers>

#include "brume/error.hpp"
#include "federation/wrapped_data.hpp"

namespace brume::federation {

namespace {

struct Sensor {
  double angle = 0;  // radians
  double gain = 1;
  double offset = 0;
  double noise = 0;
};

// A plane turned about its middle, bilinear between pixels; what comes from outside takes the nearest pixel's value.
void rotate(std::span<float> plane, std::int64_t height, std::int64_t width, double angle, std::vector<float>& before) {
  before.assign(plane.begin(), plane.end());
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const double middle_y = static_cast<double>(height - 1) / 2;
  const double middle_x = static_cast<double>(width - 1) / 2;
  for (std::int64_t row = 0; row < height; ++row)
    for (std::int64_t column = 0; column < width; ++column) {
      const double dy = static_cast<double>(row) - middle_y;
      const double dx = static_cast<double>(column) - middle_x;
      const double y = std::clamp(middle_y + cosine * dy - sine * dx, 0.0, static_cast<double>(height - 1));
      const double x = std::clamp(middle_x + sine * dy + cosine * dx, 0.0, static_cast<double>(width - 1));
      const auto top = static_cast<std::int64_t>(y);
      const auto left = static_cast<std::int64_t>(x);
      const auto at = [&](std::int64_t i, std::int64_t j) {
        return double{before[static_cast<std::size_t>(std::min(i, height - 1) * width + std::min(j, width - 1))]};
      };
      const double fx = x - static_cast<double>(left);
      const double upper = std::lerp(at(top, left), at(top, left + 1), fx);
      const double lower = std::lerp(at(top + 1, left), at(top + 1, left + 1), fx);
      plane[static_cast<std::size_t>(row * width + column)] =
          static_cast<float>(std::lerp(upper, lower, y - static_cast<double>(top)));
    }
}

class ShiftedData final : public WrappedData {
 public:
  ShiftedData(std::shared_ptr<const FederatedData> data, const configs::ShiftSection& shift, std::uint64_t seed)
      : WrappedData(std::move(data)), shift_(shift), seed_(seed) {}

  void load(DeviceIndex device, Examples& examples) const override {
    data().load(device, examples);
    change(device, 1, examples);
  }
  void load_device_test(DeviceIndex device, Examples& examples) const override {
    data().load_device_test(device, examples);
    change(device, 2, examples);
  }

 private:
  Sensor sensor_of(DeviceIndex device) const {
    Stream stream(seed_, Purpose::feature_shift, device);
    Sensor sensor;
    sensor.angle = shift_.rotation * std::numbers::pi / 180 * stream.normal();
    sensor.gain = std::exp(shift_.gain * stream.normal());
    sensor.offset = shift_.offset * stream.normal();
    sensor.noise = shift_.noise * stream.uniform();
    return sensor;
  }

  void change(DeviceIndex device, std::uint64_t part, Examples& examples) const {
    const auto sensor = sensor_of(device);
    if (shift_.rotation > 0) turn(sensor.angle, examples);
    Stream noise(seed_, Purpose::feature_shift, device, part);
    for (float& value : examples.features) {
      const double heard = sensor.noise > 0 ? sensor.noise * noise.normal() : 0;
      value = static_cast<float>(sensor.gain * value + sensor.offset + heard);
    }
  }

  void turn(double angle, Examples& examples) const {
    const std::int64_t height = shape().features[1];
    const std::int64_t width = shape().features[2];
    const auto area = static_cast<std::size_t>(height * width);
    std::vector<float> scratch;
    for (std::size_t first = 0; first < examples.features.size(); first += area)
      rotate(std::span(examples.features).subspan(first, area), height, width, angle, scratch);
  }

  configs::ShiftSection shift_;
  std::uint64_t seed_;
};

}  // namespace

std::shared_ptr<const FederatedData> shift_features(std::shared_ptr<const FederatedData> data,
                                                    const configs::ShiftSection& shift, std::uint64_t seed) {
  const auto& shape = data->shape();
  if (shape.symbols > 0) throw RequestError("data.shift changes quantities, these data are symbols");
  if (shift.rotation > 0 && shape.features.size() != 3)
    throw RequestError("data.shift.rotation turns images, these data are " + shape.text());
  return std::make_shared<const ShiftedData>(std::move(data), shift, seed);
}

}  // namespace brume::federation
