#pragma once

#include <cstdint>
#include <memory>
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

/// The order in which the devices of one version are preferred: a permutation of 0 … devices − 1, computed point by
/// point. Safe to use from one thread.
class Ranking {
 public:
  virtual ~Ranking() = default;
  virtual DeviceIndex device(std::uint64_t rank) const = 0;  ///< rank < devices
};

/// Who takes part in a round: the cohort is the lowest ranks among the available devices. A node of the tree knows only
/// the devices below itself, so it offers the ranks of those, and parents merge. Costs time in proportion to cohort /
/// availability, never to the population.
class SelectionPolicy : public Component {
 public:
  static constexpr std::string_view kKind = "selection";
  virtual std::uint64_t cohort() const = 0;           ///< updates that a round aims at
  virtual double over_selection() const = 0;          ///< ≥ 1: devices asked for each update aimed at
  std::uint64_t devices_asked() const;                ///< ⌈cohort · over_selection⌉
  virtual void set_cohort(std::uint64_t cohort) = 0;  ///< for scaling a federation to another number of devices
  /// The ranks of `devices` ≥ 1 devices in a version: a pure function of the arguments, equal on every node.
  virtual std::shared_ptr<const Ranking> ranking(std::uint64_t devices, Version version, std::uint64_t seed) const = 0;
};

/// Ranks first … last − 1.
struct RankWindow {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// The ranks in `window` whose devices are available, in order, at most `most` of them.
std::vector<std::uint64_t> available_ranks(const Ranking& ranking, const Population& population, RankWindow window,
                                           std::uint64_t most);

}  // namespace brume
