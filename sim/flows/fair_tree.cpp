#include "sim/flows/fair_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "brume/error.hpp"
#include "core/archive.hpp"

namespace brume::sim {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
void require_tree(const std::vector<TreeLink>& links) {
  if (links.empty()) throw RequestError("a tree of links needs a root");
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (i == 0 ? links[i].parent != 0 : links[i].parent >= i)
      throw RequestError(
          fmt::format("link {} leads to link {}, which must stand before it: a tree has no cycle", i, links[i].parent));
    if (i > 0 && links[links[i].parent].link.by_airtime) throw RequestError("a radio cell has no links below it");
  }
}

}  // namespace

FairTree::FairTree(const std::vector<TreeLink>& links, std::vector<FlowClass> classes)
    : classes_(std::move(classes)), by_limit_(classes_.size()), links_(links.size()), finish_(links.size()) {
  require_tree(links);
  for (const auto& link : links) require_sound(link.link);
  for (const auto& one : classes_) require_sound(one);
  std::iota(by_limit_.begin(), by_limit_.end(), Class{0});
  std::stable_sort(by_limit_.begin(), by_limit_.end(), [this](Class a, Class b) { return limit(a) < limit(b); });
  groups_.resize(links.size() * classes_.size());
  counts_.resize(groups_.size());
  clocks_.resize(groups_.size());
  for (LinkIndex i = 0; i < links.size(); ++i) {
    auto& link = links_[i];
    link.own = links[i].link;
    link.parent = links[i].parent;
    link.level = kInfinity;
    if (i == 0) continue;
    link.place = static_cast<std::uint32_t>(links_[link.parent].children.size());
    links_[link.parent].children.push_back(i);
  }
  links_[0].head = true;
  for (auto& link : links_) {
    if (link.children.empty()) continue;
    link.lowest = Tournament<Least>(link.children.size());
    link.highest = Tournament<Greatest>(link.children.size());
    link.outflow = Tournament<Sum>(link.children.size());
    link.earliest.assign(classes_.size(), Tournament<Least>(link.children.size()));
  }
}

FairTree::LinkIndex FairTree::head_of(LinkIndex link) const {
  while (!links_[link].head) link = links_[link].parent;
  return link;
}

double FairTree::clock(LinkIndex link, Class flow_class, double now) const {
  double below = 0;
  for (; !links_[link].head; link = links_[link].parent) below += clocks_[cell(link, flow_class)];
  const auto& head = links_[link];
  return clocks_[cell(link, flow_class)] + std::min(limit(flow_class), head.level) * (now - head.touched) - below;
}

double FairTree::earliest(LinkIndex link, Class flow_class) const {
  const auto& entries = groups_[cell(link, flow_class)];
  const double own = entries.empty() ? kInfinity : entries.top().tag;
  const auto& below = links_[link].earliest;
  return below.empty() ? own : std::min(own, below[flow_class].top());
}

// A clock that nobody goes by starts again at 0: a double that counts a year's bits has none to spare for a short flow.
void FairTree::restart_idle_clocks(LinkIndex index, Class flow_class, double now) {
  const auto place = cell(index, flow_class);
  if (links_[index].head) {
    set_clocks(index, now);
    if (counts_[place] == 0) clocks_[place] = 0;
    return;
  }
  restart_idle_clocks(links_[index].parent, flow_class, now);
  if (counts_[place] == 0) clocks_[place] = clock(links_[index].parent, flow_class, now);
}

FairTree::FlowHandle FairTree::start(double now, std::uint64_t user, Route route, Class flow_class, double bits) {
  FlowHandle handle = static_cast<FlowHandle>(flows_.size());
  if (free_.empty()) {
    flows_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  restart_idle_clocks(route, flow_class, now);
  const double tag = clock(route, flow_class, now) + bits / classes_[flow_class].weight;
  flows_[handle] = {user, ++sequence_, route, flow_class, tag};
  groups_[cell(route, flow_class)].push({tag, sequence_, handle});
  add(route, flow_class, now, 1);
  return handle;
}

void FairTree::drop_stale(Group& group) {
  while (!group.empty() && flows_[group.top().flow].sequence != group.top().sequence) group.pop();
}

void FairTree::release(FlowHandle flow) {
  flows_[flow].sequence = 0;
  free_.push_back(flow);
}

std::uint64_t FairTree::complete() {
  const double now = finish_.top();
  assert(now != kNoCompletion);
  auto link = static_cast<LinkIndex>(finish_.winner());
  set_clocks(link, now);
  const Class first = first_to_end(link).flow_class;
  for (;;) {
    const auto& entries = groups_[cell(link, first)];
    if (!entries.empty() && entries.top().tag == earliest(link, first)) break;
    link = links_[link].children[links_[link].earliest[first].winner()];
  }
  auto& group = groups_[cell(link, first)];
  const FlowHandle flow = group.top().flow;
  release(flow);
  drop_stale(group);
  add(link, first, now, -1);
  return flows_[flow].user;
}

double FairTree::cancel(double now, FlowHandle handle) {
  const Flow flow = flows_[handle];
  assert(flow.sequence != 0);
  const double left = std::max(0.0, flow.tag - clock(flow.link, flow.flow_class, now));
  release(handle);
  drop_stale(groups_[cell(flow.link, flow.flow_class)]);
  add(flow.link, flow.flow_class, now, -1);
  return left * classes_[flow.flow_class].weight;
}

double FairTree::rate(FlowHandle handle) const {
  const auto& flow = flows_[handle];
  return classes_[flow.flow_class].weight * std::min(limit(flow.flow_class), links_[head_of(flow.link)].level);
}

void FairTree::rebuild() {
  if (clocks_.size() != groups_.size() || !links_[0].head) throw FormatError("flows of another network");
  counts_.assign(counts_.size(), 0);
  for (FlowHandle handle = 0; handle < flows_.size(); ++handle) {
    const auto& flow = flows_[handle];
    if (flow.sequence == 0) continue;
    if (flow.link >= links_.size() || flow.flow_class >= classes_.size())
      throw FormatError("a flow on a link that is not there");
    groups_[cell(flow.link, flow.flow_class)].push({flow.tag, flow.sequence, handle});
    for (LinkIndex up = flow.link;; up = links_[up].parent) {
      counts_[cell(up, flow.flow_class)] += 1;
      if (links_[up].head) break;
    }
  }
  for (auto index = static_cast<LinkIndex>(links_.size()); index-- > 0;) {
    links_[index].level = water_level(index);
    if (links_[index].head) set_finish(index);
    if (index > 0) tell_parent(index);
  }
}

// Flows, clocks and who is a head; everything else follows from them.
template <class Archive>
void FairTree::describe(Archive& archive) {
  archive(flows_, free_, sequence_, clocks_);
  for (auto& link : links_) archive(link.head, link.touched);
  if constexpr (Archive::kReading) rebuild();
}
template void FairTree::describe(ArchiveWriter& archive);
template void FairTree::describe(ArchiveReader& archive);

}  // namespace brume::sim
