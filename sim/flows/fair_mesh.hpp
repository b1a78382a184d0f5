#pragma once

#include <map>

#include "sim/flows/flow_network.hpp"
#include "sim/flows/progressive_filling.hpp"

namespace brume::sim {

/// Flows over any links, each by a route of its own: for what is no tree, such as radio cells whose two directions
/// share their time, or devices that talk to each other. Solves the whole network anew for each event, so it costs
/// O(flows · links) or more for each: for hundreds of flows at a time, not for thousands. It is also what FairTree is
/// tested against.
class FairMesh final : public FlowNetwork {
 public:
  /// A route is the list of links that it crosses. Throws RequestError for a capacity, cap or weight that is not above
  /// 0 and for a route over a link that is not there.
  FairMesh(std::vector<SharedLink> links, std::vector<std::vector<std::uint32_t>> routes,
           std::vector<FlowClass> classes);

  FlowHandle start(double now, std::uint64_t user, Route route, Class flow_class, double bits) override;
  double next_completion() const override { return next_; }
  std::uint64_t complete() override;
  double cancel(double now, FlowHandle flow) override;
  double rate(FlowHandle flow) const override { return flows_.at(flow).rate; }
  std::size_t flows() const override { return flows_.size(); }

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Flow {
    std::uint64_t user = 0;
    Route route = 0;
    Class flow_class = 0;
    double left = 0;  // bits, when last_ was
    double rate = 0;
    template <class Archive>
    void describe(Archive& archive) {
      archive(user, route, flow_class, left);
    }
  };
  void advance(double now);
  void solve();

  std::vector<SharedLink> links_;
  std::vector<std::vector<std::uint32_t>> routes_;
  std::vector<FlowClass> classes_;
  std::map<FlowHandle, Flow> flows_;
  FlowHandle last_handle_ = 0;
  double last_ = 0;
  double next_ = kNoCompletion;
  FlowHandle next_flow_ = 0;
};

}  // namespace brume::sim
