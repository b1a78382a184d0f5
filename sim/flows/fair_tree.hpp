#pragma once

#include <queue>

#include "sim/flows/flow_network.hpp"
#include "sim/flows/tournament.hpp"

namespace brume::sim {

/// A link of a tree and the link that it leads to; the root leads nowhere.
struct TreeLink {
  SharedLink link;
  std::uint32_t parent = 0;  ///< index of a link that stands before this one; of the root, which is first, its own
};

/// Flows in a tree of links with one sink, the root: a route is the link at which flows enter, and they cross all links
/// from there to the root. A radio cell (`by_airtime`) has no links below it.
///
/// Each link has a level λ, at which it is full, and a flow has rate weight · min(cap / weight, least λ on its way).
/// Links whose λ is below that of all links above are *heads*: their flows run at their level, and the links above see
/// only their outflow. All others are bound to the head above them. A group, the flows of one class that enter at one
/// link, has a clock that runs at min(cap / weight, level of the head); a flow ends when its clock has gone as far as
/// bits / weight. Bound links read their clocks from their parents, so a change of level re-keys nothing.
///
/// An event costs O(depth · (classes + log links) + log flows), and as much for each link that becomes or ceases to be
/// a head. Memory: O(links · classes + flows).
class FairTree final : public FlowNetwork {
 public:
  /// Throws RequestError for a capacity, cap or weight that is not above 0, and for links that form no tree.
  FairTree(const std::vector<TreeLink>& links, std::vector<FlowClass> classes);

  FlowHandle start(double now, std::uint64_t user, Route route, Class flow_class, double bits) override;
  double next_completion() const override { return finish_.top(); }
  std::uint64_t complete() override;
  double cancel(double now, FlowHandle flow) override;
  double rate(FlowHandle flow) const override;
  std::size_t flows() const override { return flows_.size() - free_.size(); }

  template <class Archive>
  void describe(Archive& archive);

 private:
  using LinkIndex = std::uint32_t;
  struct Entry {
    double tag;  // the group's clock when the flow ends
    std::uint64_t sequence;
    FlowHandle flow;
    bool operator>(const Entry& other) const { return tag != other.tag ? tag > other.tag : sequence > other.sequence; }
  };
  // The flows of one class that enter at one link; entries of cancelled ones are dropped at the top.
  using Group = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>;
  struct Flow {
    std::uint64_t user = 0;
    std::uint64_t sequence = 0;  // 0: no flow
    LinkIndex link = 0;
    Class flow_class = 0;
    double tag = 0;
    template <class Archive>
    void describe(Archive& archive) {
      archive(user, sequence, link, flow_class, tag);
    }
  };
  struct Link {
    SharedLink own;
    LinkIndex parent = 0;
    std::uint32_t place = 0;  // among its parent's children
    bool head = false;
    double touched = 0;  // when a head's clocks were last set
    double level = 0;    // a head's λ; of a bound link, the level above which it would be full
    std::vector<LinkIndex> children;
    Tournament<Least> lowest;      // level of bound links below, which become heads if the head's rises above it
    Tournament<Greatest> highest;  // level of heads below that lead here, which are bound if the head's falls below it
    Tournament<Sum> outflow;       // of heads below that lead here, bit/s
    std::vector<Tournament<Least>> earliest;  // tag of bound links below, by class, on this link's clock
  };

  struct Ending {
    Class flow_class = 0;
    double wait = std::numeric_limits<double>::infinity();  // seconds
  };

  std::size_t cell(LinkIndex link, Class flow_class) const { return link * classes_.size() + flow_class; }
  LinkIndex head_of(LinkIndex link) const;
  double limit(Class flow_class) const { return classes_[flow_class].cap / classes_[flow_class].weight; }
  double clock(LinkIndex link, Class flow_class, double now) const;
  double earliest(LinkIndex link, Class flow_class) const;
  double water_level(LinkIndex link);
  void restart_idle_clocks(LinkIndex link, Class flow_class, double now);
  double outflow(LinkIndex link) const;
  void set_clocks(LinkIndex head, double now);
  void add(LinkIndex link, Class flow_class, double now, double flows);
  void drop_stale(Group& group);
  void refresh(LinkIndex link, double now);
  bool tell_parent(LinkIndex link);
  Ending first_to_end(LinkIndex head) const;
  void set_finish(LinkIndex head);
  void settle(LinkIndex head, double now);
  void flip(LinkIndex head, double now, std::size_t& flips);
  LinkIndex lowest_below(LinkIndex link) const;
  LinkIndex highest_below(LinkIndex link) const;
  void cut(LinkIndex link, double now);
  void bind(LinkIndex link, double now);
  void release(FlowHandle flow);
  void rebuild();

  std::vector<FlowClass> classes_;
  std::vector<Class> by_limit_;  // classes in ascending order of cap / weight
  std::vector<Link> links_;
  std::vector<Group> groups_;   // by cell()
  std::vector<double> counts_;  // by cell(): flows of the head's that cross the link
  std::vector<double>
      clocks_;  // by cell(): of a head, its clock when touched; of a bound link, its parent's minus its own
  std::vector<double> charges_;  // scratch of water_level()
  Tournament<Least> finish_;     // of heads: when their next flow ends
  std::vector<Flow> flows_;
  std::vector<FlowHandle> free_;
  std::uint64_t sequence_ = 0;
};

}  // namespace brume::sim
