// The levels of the links and who is a head, which change with each start and end of a flow.
#include <algorithm>

#include "sim/flows/fair_tree.hpp"

namespace brume::sim {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTolerance = 1e-12;  // levels that differ by less are the same: rounding moves no link back and forth

bool above(double level, double other) { return level == kInfinity || level > other * (1 + kTolerance); }

}  // namespace

// The level at which the flows and heads that cross the link fill it; 0 if the heads alone are too much for it.
double FairTree::water_level(LinkIndex index) {
  const auto& link = links_[index];
  double left = link.own.capacity - link.outflow.top();
  if (left == kInfinity) return kInfinity;
  if (left < -kTolerance * link.own.capacity) return 0;
  left = std::max(left, 0.0);
  // What a unit of level takes of flows whose limit is this class's or higher; summed from the top, nothing cancels.
  charges_.assign(classes_.size() + 1, 0);
  for (std::size_t i = classes_.size(); i-- > 0;) {
    const Class k = by_limit_[i];
    charges_[i] = charges_[i + 1] + counts_[cell(index, k)] * classes_[k].weight * link.own.charge(classes_[k]);
  }
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    const Class k = by_limit_[i];
    if (counts_[cell(index, k)] == 0) continue;
    if (limit(k) * charges_[i] > left) return left / charges_[i];
    left -= limit(k) * (charges_[i] - charges_[i + 1]);
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

// Of a head whose clocks are set.
FairTree::Ending FairTree::first_to_end(LinkIndex index) const {
  Ending first;
  for (Class k = 0; k < classes_.size(); ++k) {
    const double tag = earliest(index, k);
    if (tag == kInfinity) continue;
    const double rate = std::min(limit(k), links_[index].level);
    const double wait = std::max(0.0, tag - clocks_[cell(index, k)]) / rate;
    if (wait < first.wait) first = {k, wait};
  }
  return first;
}

void FairTree::set_finish(LinkIndex index) { finish_.set(index, links_[index].touched + first_to_end(index).wait); }

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
  // Far more than it takes; rounding, where a full link has almost nothing left, cannot make it go on for ever.
  std::size_t flips = 4 * links_.size() + 8;
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
  refresh(link.parent, now);  // whose counts have changed, whatever it hears from here
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

}  // namespace brume::sim
