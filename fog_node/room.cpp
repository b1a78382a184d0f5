// What a fog node does while its parent is away: it keeps what it has promised, and promises no more than it has room
// for.
#include <set>
#include <utility>

#include "fog_node/fog_node.hpp"

namespace brume::fog_node {

// A version that holds updates already has its room: one more update makes its sum no larger.
bool FogNode::has_room(Version version) const {
  if (!cut_off_ || rounds_.size() + parts_.size() < setup_.most_unsettled) return true;
  std::set<Version> held;
  for (const auto& [task, part] : parts_) held.insert(task.version);
  for (const auto& [open, round] : rounds_)
    if (round.next_part > 0 || subtree_.folded_in_all(open) > 0 || (round.own && round.own->done() > 0))
      held.insert(open);
  return held.count(version) > 0 || held.size() < setup_.most_unsettled;
}

// Updates and parts of an open version, without a word: the child keeps them until it hears `stored`.
bool FogNode::turn_away(const Received& received) {
  const bool bulk = std::holds_alternative<UpdateMessage>(received.message) ||
                    std::holds_alternative<PartialMessage>(received.message);
  const TaskId task = task_of(received.message);
  if (!bulk || !subtree_.expects(received.from, task) || has_room(task.version)) return false;
  turned_away_[task] = received.from;
  return true;
}

// One whose version is over meanwhile will be told how it ended.
void FogNode::call_back(Actions& actions) {
  for (const auto& [task, child] : std::exchange(turned_away_, {}))
    actions.emplace_back(Send{child, RepeatMessage{task}});
}

}  // namespace brume::fog_node
