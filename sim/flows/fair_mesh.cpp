#include "sim/flows/fair_mesh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"
#include "core/archive.hpp"

namespace brume::sim {

FairMesh::FairMesh(std::vector<SharedLink> links, std::vector<std::vector<std::uint32_t>> routes,
                   std::vector<FlowClass> classes)
    : links_(std::move(links)), routes_(std::move(routes)), classes_(std::move(classes)) {
  for (const auto& link : links_) require_sound(link);
  for (const auto& one : classes_) require_sound(one);
  for (const auto& route : routes_)
    for (const auto link : route)
      if (link >= links_.size())
        throw RequestError(fmt::format("a route crosses link {}, but there are only {}", link, links_.size()));
}

void FairMesh::advance(double now) {
  for (auto& [handle, flow] : flows_) flow.left = std::max(0.0, flow.left - flow.rate * (now - last_));
  last_ = now;
}

void FairMesh::solve() {
  std::vector<RoutedFlow> routed;
  for (const auto& [handle, flow] : flows_) routed.push_back({classes_[flow.flow_class], routes_[flow.route]});
  const auto rates = max_min_rates(links_, routed);
  next_ = kNoCompletion;
  std::size_t i = 0;
  for (auto& [handle, flow] : flows_) {
    flow.rate = rates[i++];
    const double end = last_ + flow.left / flow.rate;
    if (end >= next_) continue;
    next_ = end;
    next_flow_ = handle;
  }
}

FairMesh::FlowHandle FairMesh::start(double now, std::uint64_t user, Route route, Class flow_class, double bits) {
  advance(now);
  flows_.emplace(++last_handle_, Flow{user, route, flow_class, bits, 0});
  solve();
  return last_handle_;
}

std::uint64_t FairMesh::complete() {
  advance(next_);
  const auto user = flows_.at(next_flow_).user;
  flows_.erase(next_flow_);
  solve();
  return user;
}

double FairMesh::cancel(double now, FlowHandle flow) {
  advance(now);
  const double left = flows_.at(flow).left;
  flows_.erase(flow);
  solve();
  return left;
}

template <class Archive>
void FairMesh::describe(Archive& archive) {
  archive(flows_, last_handle_, last_);
  if constexpr (Archive::kReading) solve();
}
template void FairMesh::describe(ArchiveWriter& archive);
template void FairMesh::describe(ArchiveReader& archive);

}  // namespace brume::sim
