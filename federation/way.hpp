#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "configs/configuration.hpp"
#include "federation/link_model.hpp"

namespace brume::federation {

/// A part of the way between the cloud and a device: from a node that acts on messages (the cloud, a fog node) to the
/// next one below, over whatever only passes them on.
class Leg {
 public:
  /// What all of its flows share.
  struct Shared {
    double down = 0;  ///< bit/s of messages
    double up = 0;
    double nodes = 1;      ///< how many of these links there are, evenly loaded
    bool airtime = false;  ///< down and up are a cell's share of time instead, and of a bit:
    double down_cost = 0;  ///< seconds that one takes on average
    double up_cost = 0;
    bool equal_time = false;
  };

  configs::LinkSection link;  ///< of the lower end
  std::string lower;          ///< "devices", or "nodes of tier 1"
  double participants = 0;    ///< lower ends that may be busy at once
  double latency = 0;         ///< seconds, of all links
  std::vector<Shared> shared;

  /// Of one message with nobody else about, with latency and set-up.
  double alone(Direction direction, std::uint64_t bytes) const { return seconds(direction, bytes, false); }
  /// With all participants at it at once.
  double crowded(Direction direction, std::uint64_t bytes) const { return seconds(direction, bytes, true); }
  /// alone() as a text with its arithmetic.
  std::string arithmetic(Direction direction, std::uint64_t bytes) const;

 private:
  double rate(Direction direction, bool crowd) const;
  double seconds(Direction direction, std::uint64_t bytes, bool crowd) const;
};

/// The legs from the cloud down to a group of devices, of which `selected` take part in all.
std::vector<Leg> way_to(const configs::Configuration& configuration, const configs::DeviceGroup& group,
                        double selected);

}  // namespace brume::federation
