#include "net/sensors.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "net/metrics.hpp"

namespace brume::net {

namespace {

template <class T>
std::optional<T> read_value(const std::filesystem::path& file) {
  std::ifstream in(file);
  T value{};
  return in >> value ? std::optional<T>(value) : std::nullopt;
}

std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure))
    found.push_back(entry->path());
  return found;
}

void read_temperature(const std::filesystem::path& root, Readings& readings) {
  for (const auto& zone : entries(root / "class/thermal")) {
    if (zone.filename().string().rfind("thermal_zone", 0) != 0) continue;
    if (read_value<std::string>(zone / "type") == "PMIC-Die") continue;  // on Jetsons always 100 or 50 degrees
    if (const auto thousandths = read_value<double>(zone / "temp"))
      readings.celsius = std::max(readings.celsius.value_or(-273), *thousandths / 1000);
  }
}

// The emptiest battery of the machine itself: those of a mouse or a headset are not its own.
void read_battery(const std::filesystem::path& root, Readings& readings) {
  for (const auto& supply : entries(root / "class/power_supply")) {
    if (read_value<std::string>(supply / "type") != "Battery") continue;
    if (read_value<std::string>(supply / "scope") == "Device") continue;
    const auto percent = read_value<double>(supply / "capacity");
    if (!percent || *percent / 100 > readings.battery.value_or(1)) continue;
    readings.battery = *percent / 100;
    const auto status = read_value<std::string>(supply / "status");
    readings.on_mains = status == "Charging" || status == "Full" || status == "Not";  // "Not charging": held full
  }
}

}  // namespace

Readings LinuxSensors::read() const {
  Readings readings;
  read_temperature(root_, readings);
  read_battery(root_, readings);
  readings.resident_bytes = resident_bytes();
  return readings;
}

}  // namespace brume::net
