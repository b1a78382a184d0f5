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
constexpr double kTolerance = 1e-12;  // levels that differ by less are the same: rounding moves no link back and forth

bool above(double level, double other) { return level == kInfinity || level > other * (1 + kTolerance); }

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

// The level at which the flows and heads that cross the link fill it; 0 if the heads alone are too much for it.
double FairTree::water_level(LinkIndex index) const {
  const auto& link = links_[index];
  double left = link.own.capacity - link.outflow.top();
  if (left == kInfinity) return kInfinity;
  double charge = 0;  // of all flows for each unit of level
  for (Class k = 0; k < classes_.size(); ++k)
    charge += counts_[cell(index, k)] * classes_[k].weight * link.own.charge(classes_[k]);
  if (left < -kTolerance * link.own.capacity) return 0;
  left = std::max(left, 0.0);
  for (const Class k : by_limit_) {
    const double count = counts_[cell(index, k)];
    if (count == 0) continue;
    const double unit = count * classes_[k].weight * link.own.charge(classes_[k]);
    if (limit(k) * charge > left) return left / charge;
    left -= limit(k) * unit;
    charge -= unit;
  }
  return kInfinity;
}

// Of a head, bit/s.
double FairTree::outflow(LinkIndex index) const {
  const auto& link = links_[index];
  if (!link.own.by_airtime) return link.own.capacity;
  double sum = 0;
  for (Class k = 0; k < classes_.size(); ++k)
    sum += counts_[cell(index, k)] * classes_[k].weight * std::min(limit(k), link.level);
  return sum;
}

void FairTree::set_clocks(LinkIndex index, double now) {
  auto& head = links_[index];
  if (head.touched == now) return;
  for (Class k = 0; k < classes_.size(); ++k)
    clocks_[cell(index, k)] += std::min(limit(k), head.level) * (now - head.touched);
  head.touched = now;
}

// Of what has changed on a link, what its parent keeps. Returns whether the parent has to look at it.
bool FairTree::tell_parent(LinkIndex index) {
  const auto& link = links_[index];
  auto& parent = links_[link.parent];
  const auto place = link.place;
  bool changed = parent.lowest.set(place, link.head ? kInfinity : std::min(link.level, link.lowest.top()));
  changed |= parent.highest.set(place, link.head ? link.level : link.highest.top());
  changed |= parent.outflow.set(place, link.head ? outflow(index) : link.outflow.top());
  for (Class k = 0; k < classes_.size(); ++k) {
    const double tag = link.head ? kInfinity : earliest(index, k) + clocks_[cell(index, k)];
    changed |= parent.earliest[k].set(place, tag);
  }
  return changed;
}

void FairTree::set_finish(LinkIndex index) {
  const auto& head = links_[index];
  double wait = kInfinity;
  for (Class k = 0; k < classes_.size(); ++k) {
    const double tag = earliest(index, k);
    if (tag == kInfinity) continue;
    const double rate = std::min(limit(k), head.level);
    wait = std::min(wait, std::max(0.0, tag - clocks_[cell(index, k)]) / rate);
  }
  finish_.set(index, head.touched + wait);
}

// Brings levels and all that parents keep up to date, from a link upwards as far as anything changes.
void FairTree::refresh(LinkIndex index, double now) {
  for (;;) {
    auto& link = links_[index];
    const double level = water_level(index);
    if (link.head) {
      set_clocks(index, now);
      link.level = level;
      set_finish(index);
    } else {
      link.level = level;
    }
    if (index == 0) return;
    const bool changed = tell_parent(index);
    if (link.head && !changed) return;
    index = link.parent;
  }
}

void FairTree::add(LinkIndex index, Class flow_class, double now, double flows) {
  LinkIndex link = index;
  for (;; link = links_[link].parent) {
    counts_[cell(link, flow_class)] += flows;
    if (links_[link].head) break;
  }
  refresh(index, now);
  settle(link, now);
}

// Lets links become heads and cease to be, until every level is right: first those that share this head's, then those
// that share the level of the head above, if anything has changed for it.
void FairTree::settle(LinkIndex head, double now) {
  std::size_t flips = 4 * links_.size() + 8;  // rounding cannot make it go on for ever
  for (;;) {
    flip(head, now, flips);
    if (head == 0) return;
    head = head_of(links_[head].parent);
  }
}

// A link that becomes a head may be at a level that heads below it are above, so its own come next.
void FairTree::flip(LinkIndex head, double now, std::size_t& flips) {
  const auto& top = links_[head];
  while (flips > 0) {
    const bool full = top.lowest.top() != kInfinity && above(top.level, top.lowest.top());
    const bool spare = top.highest.top() > 0 && above(top.highest.top(), top.level);
    if (!full && !spare) return;
    --flips;
    if (full) {
      const auto link = lowest_below(head);
      cut(link, now);
      flip(link, now, flips);
    } else {
      bind(highest_below(head), now);
    }
  }
}

FairTree::LinkIndex FairTree::lowest_below(LinkIndex link) const {
  do link = links_[link].children[links_[link].lowest.winner()];
  while (links_[link].level > links_[link].lowest.top());
  return link;
}

FairTree::LinkIndex FairTree::highest_below(LinkIndex link) const {
  do link = links_[link].children[links_[link].highest.winner()];
  while (!links_[link].head);
  return link;
}

// A bound link becomes a head: its clocks are its own from now on.
void FairTree::cut(LinkIndex index, double now) {
  auto& link = links_[index];
  for (Class k = 0; k < classes_.size(); ++k) {
    const double flows = counts_[cell(index, k)];
    const double reached = clock(index, k, now);
    for (LinkIndex up = index; !links_[up].head;) {
      up = links_[up].parent;
      counts_[cell(up, k)] -= flows;
    }
    clocks_[cell(index, k)] = reached;
  }
  link.head = true;
  link.touched = now;
  refresh(index, now);
}

// A head is bound to the one above.
void FairTree::bind(LinkIndex index, double now) {
  auto& link = links_[index];
  set_clocks(index, now);
  link.head = false;
  for (Class k = 0; k < classes_.size(); ++k) {
    clocks_[cell(index, k)] = clock(link.parent, k, now) - clocks_[cell(index, k)];
    for (LinkIndex up = index; !links_[up].head;) {
      up = links_[up].parent;
      counts_[cell(up, k)] += counts_[cell(index, k)];
    }
  }
  finish_.set(index, kInfinity);
  refresh(index, now);
}

FairTree::FlowHandle FairTree::start(double now, std::uint64_t user, Route route, Class flow_class, double bits) {
  FlowHandle handle = static_cast<FlowHandle>(flows_.size());
  if (free_.empty()) {
    flows_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
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
  Class first = 0;
  double least = kInfinity;
  for (Class k = 0; k < classes_.size(); ++k) {
    const double wait = (earliest(link, k) - clocks_[cell(link, k)]) / std::min(limit(k), links_[link].level);
    if (wait < least) first = k;
    least = std::min(wait, least);
  }
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

double FairTree::load(std::uint32_t index) const {
  double sum = 0;
  for (const auto& flow : flows_) {
    if (flow.sequence == 0) continue;
    for (LinkIndex up = flow.link;; up = links_[up].parent) {
      if (up == index) {
        const double level = links_[head_of(flow.link)].level;
        sum += links_[index].own.charge(classes_[flow.flow_class]) * classes_[flow.flow_class].weight *
               std::min(limit(flow.flow_class), level);
      }
      if (up == 0) break;
    }
  }
  return sum;
}

void FairTree::rebuild() {
  counts_.assign(counts_.size(), 0);
  for (FlowHandle handle = 0; handle < flows_.size(); ++handle) {
    const auto& flow = flows_[handle];
    if (flow.sequence == 0) continue;
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
