#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace brume::sim {

/// Flows that are treated alike.
struct FlowClass {
  double cap = 0;      ///< bit/s that such a flow never exceeds; finite, above 0
  double weight = 1;   ///< its share of a full link, relative to others
  double airtime = 0;  ///< seconds of a radio cell's time that one bit takes: 1 / PHY rate

  auto operator<=>(const FlowClass&) const = default;
};

/// A link that flows share.
struct SharedLink {
  double capacity = std::numeric_limits<double>::infinity();  ///< bit/s, or the share of time that a cell can be busy
  bool by_airtime = false;                                    ///< a radio cell: bits count by the time that they take

  double charge(const FlowClass& flows) const { return by_airtime ? flows.airtime : 1; }
};

/// Throw RequestError unless capacity, cap and weight are above 0 and the latter two finite.
void require_sound(const SharedLink& link);
void require_sound(const FlowClass& flows);

/// Finite amounts of data that share links by weighted max–min fairness: a flow's rate is raised until it meets its own
/// cap or a full link on which no flow has more for its weight (Bertsekas and Gallager, "Data Networks", 1992, §6.5.2).
/// Time is in seconds and never goes backwards; a flow ends at the exact moment at which its last bit is sent.
class FlowNetwork {
 public:
  using Route = std::uint32_t;       ///< index of a route that the network was made with
  using Class = std::uint32_t;       ///< index of a class that the network was made with
  using FlowHandle = std::uint32_t;  ///< of a flow under way; used again after it has ended
  static constexpr double kNoCompletion = std::numeric_limits<double>::infinity();

  virtual ~FlowNetwork() = default;
  /// Starts a flow of `bits`, `user` being the caller's name for it. `now` is not after next_completion().
  virtual FlowHandle start(double now, std::uint64_t user, Route route, Class flow_class, double bits) = 0;
  virtual double next_completion() const = 0;
  /// Ends the flow that next_completion() is about, at that time, and returns its `user`.
  virtual std::uint64_t complete() = 0;
  /// Takes a flow off the network and returns the bits that it had left.
  virtual double cancel(double now, FlowHandle flow) = 0;
  /// Of a flow at this instant, bit/s.
  virtual double rate(FlowHandle flow) const = 0;
  virtual std::size_t flows() const = 0;
};

}  // namespace brume::sim
