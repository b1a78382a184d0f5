#include "net/homes.hpp"

#include "messages/describe.hpp"
#include "net/contract_store.hpp"

namespace brume::net {

namespace {

constexpr std::string_view kAway = "tasks_elsewhere";

}  // namespace

Homes::Homes(storage::Store& store) : store_(store), home_(read_home(store)) {
  const auto stored = store.get(kAway);
  if (!stored) return;
  ArchiveReader reader(*stored);
  reader(away_);
}

void Homes::arrive(NodeId node, const std::vector<TaskId>& open) {
  bool changed = std::erase_if(away_, [&](const auto& entry) { return entry.second == node; }) > 0;
  if (home_ && *home_ != node)
    for (const auto& task : open) changed = away_.emplace(task, *home_).second || changed;
  if (changed) remember();
  if (home_ != node) write_home(store_, *(home_ = node));
}

std::vector<TaskId> Homes::tasks_elsewhere() const {
  std::vector<TaskId> tasks;
  for (const auto& [task, node] : away_) tasks.push_back(task);
  return tasks;
}

void Homes::forget(const TaskId& task) {
  if (away_.erase(task) > 0) remember();
}

void Homes::remember() {
  ArchiveWriter writer;
  writer(away_);
  store_.put(std::string(kAway), writer.take());
}

}  // namespace brume::net
