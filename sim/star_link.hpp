#pragma once

#include <cstdint>
#include <map>
#include <queue>
#include <unordered_map>
#include <vector>

#include "brume/time.hpp"

namespace brume::sim {

using FlowId = std::uint64_t;

/// One shared link on which flows get max–min fair rates: each flow min(its cap, λ), where λ fills the link's capacity,
/// or every flow its cap if the link is not full. Flows of equal cap form a class with a clock that runs at the class's
/// rate; a flow ends when the clock has gone as far as the flow is long, so a change of rates re-keys nothing.
/// O(classes + log flows) for each start, end and cancellation.
class StarLink {
 public:
  explicit StarLink(double bits_per_second) : capacity_(bits_per_second) {}

  /// Starts a flow of `bits` that can go no faster than `cap` bits per second. Times never go backwards.
  void start(Time now, FlowId flow, double bits, double cap);

  /// When the next flow ends if nothing else happens; kNever without flows.
  Time next_completion();

  /// Ends the flow that next_completion() is about; `now` must be that time.
  FlowId complete(Time now);

  /// Takes a flow off the link and returns the bits that it had left.
  double cancel(Time now, FlowId flow);

  std::size_t flows() const { return active_.size(); }
  /// The rate of a flow at this instant, in bits per second.
  double rate(FlowId flow);

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Entry {
    double tag;  // the class clock's value at which the flow ends
    std::uint64_t sequence;
    FlowId flow;
    bool operator>(const Entry& other) const { return tag != other.tag ? tag > other.tag : sequence > other.sequence; }
  };
  struct Class {
    double clock = 0;
    double rate = 0;
    std::size_t active = 0;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries;  // cancelled ones are dropped at the top
  };
  struct Flow {
    double cap = 0;
    double tag = 0;
    std::uint64_t sequence = 0;
    template <class Archive>
    void describe(Archive& archive) {
      archive(cap, tag, sequence);
    }
  };
  void advance(Time now);
  void refresh();
  void remove(std::map<double, Class>::iterator group, std::unordered_map<FlowId, Flow>::iterator flow);
  bool is_stale(const Entry& entry) const;

  double capacity_;
  Time last_{};
  std::map<double, Class> classes_;  // by cap, lowest first
  std::unordered_map<FlowId, Flow> active_;
  std::uint64_t sequence_ = 0;
  bool dirty_ = true;
  Time next_ = kNever;
  FlowId next_flow_ = 0;
};

}  // namespace brume::sim
