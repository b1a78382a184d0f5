#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string_view>

namespace brume {

/// A device's place in the enrolment order, 0 … devices − 1. It does not depend on the tiers above the device.
using DeviceIndex = std::uint64_t;

/// A version of the global model: 0 is the initial one, every commit adds one.
using Version = std::uint64_t;

/// The key of one piece of work. Random streams, deduplication and receipts all use it.
struct TaskId {
  Version version = 0;  ///< the base version that the device trains from
  DeviceIndex device = 0;
  std::uint32_t attempt = 0;

  auto operator<=>(const TaskId&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm of clang-tidy 14
};

/// How a task ended, decided by the cloud and sent down with `settled`.
enum class Outcome : std::uint8_t { included, late, refused, failed };

constexpr std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::included:
      return "included";
    case Outcome::late:
      return "late";
    case Outcome::refused:
      return "refused";
    case Outcome::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace brume

template <>
struct std::hash<brume::TaskId> {
  std::size_t operator()(const brume::TaskId& task) const noexcept {
    std::uint64_t mixed = task.version * 0x9E3779B97F4A7C15U ^ task.device * 0xC2B2AE3D27D4EB4FU ^ task.attempt;
    return static_cast<std::size_t>(mixed ^ (mixed >> 29));
  }
};
