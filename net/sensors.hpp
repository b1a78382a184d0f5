#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace brume::net {

/// How a device is at this moment. What cannot be read is empty.
struct Readings {
  std::optional<double> celsius;  ///< of its warmest part
  std::optional<double> battery;  ///< charge, 0 … 1
  bool on_mains = false;          ///< the battery is being charged, or is full
  std::uint64_t resident_bytes = 0;
};

class Sensors {
 public:
  virtual ~Sensors() = default;
  virtual Readings read() const = 0;
};

/// What Linux says of this machine and process: class/thermal and class/power_supply below `root` (kernel,
/// Documentation/ABI/testing/sysfs-class-thermal and sysfs-class-power), /proc/self/statm.
class LinuxSensors final : public Sensors {
 public:
  explicit LinuxSensors(std::filesystem::path root = "/sys") : root_(std::move(root)) {}
  Readings read() const override;

 private:
  std::filesystem::path root_;
};

}  // namespace brume::net
