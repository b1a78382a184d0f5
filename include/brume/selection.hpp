#pragma once

#include <cstdint>
#include <vector>

#include "brume/options.hpp"
#include "brume/task.hpp"

namespace brume {

/// The devices that could take part, as a selection policy sees them. `available` costs O(1).
class Population {
 public:
  virtual ~Population() = default;
  virtual std::uint64_t size() const = 0;
  virtual bool available(DeviceIndex device) const = 0;
};

/// Who takes part in a round. Costs time in proportion to cohort / availability, never to the population.
class SelectionPolicy : public Component {
 public:
  static constexpr std::string_view kKind = "selection";
  virtual std::uint64_t cohort() const = 0;           ///< updates that a round aims at
  virtual double over_selection() const = 0;          ///< ≥ 1: devices asked for each update aimed at
  std::uint64_t devices_asked() const;                ///< ⌈cohort · over_selection⌉
  virtual void set_cohort(std::uint64_t cohort) = 0;  ///< for scaling a federation to another number of devices
  /// devices_asked() different available devices, fewer if there are not so many, in the order of their
  /// ranks. A pure function of (version, seed, who is available).
  virtual std::vector<DeviceIndex> select(const Population& population, Version version, std::uint64_t seed) const = 0;
};

}  // namespace brume
