#include "aggregator/subtree.hpp"

#include <algorithm>

#include "brume/error.hpp"
#include "messages/describe.hpp"

namespace brume::aggregator {

namespace {

constexpr std::uint32_t kNoChild = UINT32_MAX;
constexpr const char* kUnreachable = "the fog node restarted before it asked this device";

// By which child each device is reached; routes are in the order of the devices, or there are none.
std::vector<std::uint32_t> children_of(const std::vector<DeviceIndex>& devices, const std::vector<Route>& routes) {
  std::vector<std::uint32_t> children;
  if (routes.empty()) return children;
  if (routes.size() != devices.size()) throw FormatError("a version has other routes than devices");
  for (const auto& route : routes) {
    const bool known = route.child.role == NodeId::Role::fog;
    children.push_back(known ? static_cast<std::uint32_t>(route.child.index) : kNoChild);
  }
  return children;
}

}  // namespace

std::vector<std::uint64_t> Subtree::free_ranks(const Ranking& ranking, RankWindow window, std::uint64_t most) const {
  class Free final : public Population {
   public:
    explicit Free(const Subtree& subtree) : subtree_(subtree) {}
    std::uint64_t size() const override { return subtree_.setup_.population->size(); }
    bool available(DeviceIndex device) const override {
      const auto busy = [&](const auto& entry) { return entry.second.aggregation.outstanding(device); };
      return subtree_.setup_.population->available(device) &&
             std::none_of(subtree_.open_.begin(), subtree_.open_.end(), busy);
    }

   private:
    const Subtree& subtree_;
  };
  return available_ranks(ranking, Free(*this), window, most);
}

Subtree::Open& Subtree::add_open(const AssignMessage& asked, const Digest& base, const std::vector<Route>& routes) {
  const auto& tasks = asked.tasks;
  Open open{asked, base, Aggregation(tasks, base, setup_.parts, children_of(tasks.devices, routes)), {}, {}, 0};
  std::vector<DeviceIndex>().swap(open.asked.tasks.devices);  // the receipts have them
  for (const auto& route : routes)
    if (route.child.role == NodeId::Role::fog) ++open.children[route.child].outstanding;
  return open_.insert_or_assign(tasks.version, std::move(open)).first->second;
}

void Subtree::open(const AssignMessage& asked, const Digest& base, const std::vector<Route>& routes, Time now,
                   Actions& actions) {
  const auto& open = add_open(asked, base, routes);
  const Token token = tokens_.next();
  actions.emplace_back(Persist{token, OpenedRecord{asked, routes, now}});
  promises_.emplace(token, Promise{{}, {asked.tasks.version, 0, 0}});
  if (!lowest()) {
    std::map<NodeId, std::vector<DeviceIndex>> devices;  // of each child, in one pass
    for (const auto& route : routes)
      if (route.child.role == NodeId::Role::fog) devices[route.child].push_back(route.device);
    for (auto& [child, below] : devices) {
      AssignMessage message = open.asked;
      message.model = model_for(open, child);
      message.tasks.devices = std::move(below);
      actions.emplace_back(Send{child, std::move(message), token});
    }
    return;
  }
  for (const auto device : asked.tasks.devices)
    actions.emplace_back(Send{NodeId::device(device), task_for(open, device), token});
}

void Subtree::give_up_unreachable(Version version, Actions& actions) {
  auto& aggregation = open_.at(version).aggregation;
  std::vector<TaskId> tasks;
  for (const auto& receipt : aggregation.receipts())
    if (receipt.child == kNoChild && receipt.status == Status::outstanding) tasks.push_back(receipt.task(version));
  for (const auto& task : tasks) {
    (void)aggregation.answer(task, Status::failed, kUnreachable);
    actions.emplace_back(Persist{tokens_.next(), AnsweredRecord{task, Status::failed, kUnreachable}});
  }
}

TaskMessage Subtree::task_for(const Open& open, DeviceIndex device) const {
  const auto& tasks = open.asked.tasks;
  return {{tasks.version, device, tasks.attempt},
          tasks.deadline,
          model_for(open, NodeId::device(device)),
          open.asked.broadcast,
          open.asked.oldest_open};
}

// As what changes the version that the child holds, where that is shorter.
Frame Subtree::model_for(const Open& open, NodeId child) const {
  const Version version = open.asked.tasks.version;
  if (!setup_.history || !setup_.history->has(version)) return open.asked.model;
  const auto held = held_.find(child);
  return setup_.history->bundle(held != held_.end() ? std::optional(held->second) : std::nullopt, version);
}

void Subtree::note_model(NodeId child, std::optional<Version> holds) {
  if (!setup_.history) return;
  if (holds) {
    held_[child] = *holds;
  } else {
    held_.erase(child);
  }
}

// To a fog node all of its tasks at once, as far as they are outstanding.
void Subtree::send_tasks(const Open& open, NodeId child, std::optional<Token> after, Actions& actions) const {
  AssignMessage message = open.asked;
  message.model = model_for(open, child);
  for (const auto& receipt : open.aggregation.receipts())
    if (receipt.child == child.index && receipt.status == Status::outstanding)
      message.tasks.devices.push_back(receipt.device);
  actions.emplace_back(Send{child, std::move(message), after});
}

void Subtree::close(Version version, bool last, Actions& actions) {
  for (auto& [node, child] : open_.at(version).children) {
    const bool done = child.last || child.outstanding == 0;
    if (done || child.closing || (!last && child.counted <= child.merged)) continue;
    child.closing = CloseMessage{version, child.next_part, last};
    actions.emplace_back(Send{node, *child.closing, pending(version)});  // behind the tasks that it is about
  }
}

bool Subtree::collected(Version version) const {
  const auto& children = open_.at(version).children;
  return std::none_of(children.begin(), children.end(), [](const auto& entry) { return entry.second.closing; });
}

Subtree::Taken Subtree::take(Version version, bool last) {
  auto& open = open_.at(version);
  auto taken = open.aggregation.take(last);
  Taken result{std::move(taken.aggregate), std::move(taken.receipts), taken.folded, std::move(taken.problem), {},
               std::move(taken.forwarded)};
  if (lowest()) {
    result.owed = result.receipts;
  } else {
    result.owed = std::exchange(open.merged_parts, {});
    for (const auto& [node, child] : open.children) {
      if (!last || child.last) continue;
      Receipt missing;  // whatever this node sends as its next part comes too late
      missing.device = node.index;
      missing.attempt = static_cast<std::uint16_t>(child.next_part);
      missing.status = Status::late;
      result.owed.push_back(missing);
    }
    std::sort(result.owed.begin(), result.owed.end(), [](const Receipt& a, const Receipt& b) {
      return std::pair(a.device, a.attempt) < std::pair(b.device, b.attempt);
    });
  }
  const bool answered = open.aggregation.outstanding() == 0;
  if (last || answered) open_.erase(version);
  return result;
}

void Subtree::settle(Version version, std::vector<Receipt> owed, Outcome verdict, std::optional<Token> after,
                     Actions& actions) {
  for (auto& receipt : owed) {
    if (receipt.status == Status::folded && verdict != Outcome::included)
      receipt.status = verdict == Outcome::refused ? Status::refused : Status::late;
    // A model that is still on its way to a late device need not arrive.
    if (lowest() && receipt.status == Status::late) actions.emplace_back(Drop{receipt.task(version)});
  }
  settlement_.tell(version, std::move(owed), after, actions);
}

std::vector<Version> Subtree::versions() const {
  std::vector<Version> versions;
  for (const auto& [version, open] : open_) versions.push_back(version);
  return versions;
}

std::uint64_t Subtree::folded_in_all(Version version) const {
  const auto& open = open_.at(version);
  std::uint64_t folded = open.folded_in_all;
  for (const auto& [node, child] : open.children) folded += std::max(child.counted, child.merged);
  return folded;
}

std::uint64_t Subtree::folded_not_taken(Version version) const {
  const auto& open = open_.at(version);
  std::uint64_t folded = open.aggregation.folded();
  for (const auto& [node, child] : open.children) folded += std::max(child.counted, child.merged) - child.merged;
  return folded;
}

std::uint64_t Subtree::in_training(Version version) const {
  const auto& open = open_.at(version);
  std::uint64_t counted = 0;
  for (const auto& [node, child] : open.children) counted += std::max(child.counted, child.merged) - child.merged;
  return open.aggregation.outstanding() - std::min(counted, open.aggregation.outstanding());
}

std::optional<Token> Subtree::pending(Version version) const {
  for (auto promise = promises_.rbegin(); promise != promises_.rend(); ++promise)
    if (promise->second.task.version == version) return promise->first;
  return std::nullopt;
}

void Subtree::on_joined(const Joined& joined, Actions& actions) {
  const NodeId node = joined.node;
  note_model(node, joined.holds);
  settlement_.tell_again(node, actions);
  if (node.role == NodeId::Role::fog && !lowest()) children_.insert(node);
  for (const auto& [version, open] : open_) {
    if (lowest() && open.aggregation.outstanding(node.index))
      actions.emplace_back(Send{node, task_for(open, node.index), pending(version)});
    const auto child = open.children.find(node);
    if (child == open.children.end() || child->second.last) continue;
    send_tasks(open, node, pending(version), actions);
    if (child->second.closing) actions.emplace_back(Send{node, *child->second.closing, pending(version)});
  }
}

void Subtree::restart() {
  promises_.clear();
  children_.clear();
  held_.clear();
  settlement_.restart();
}

template <class Archive>
void Subtree::Child::describe(Archive& archive) {
  archive(counted, merged, outstanding, next_part, last, closing);
}
template <class Archive>
void Subtree::Promise::describe(Archive& archive) {
  archive(to, task);
}

template <class Archive>
void Subtree::describe(Archive& archive) {
  archive(children_, promises_, settlement_, held_);
  std::uint64_t count = open_.size();
  archive(count);
  if constexpr (Archive::kReading) {
    open_.clear();
    for (; count > 0; --count) {
      AssignMessage asked;
      Digest base{};
      archive(asked, base);
      auto& open = add_open(asked, base, {});
      archive(open.aggregation, open.children, open.merged_parts, open.folded_in_all);
    }
  } else {
    for (auto& [version, open] : open_)
      archive(open.asked, open.base, open.aggregation, open.children, open.merged_parts, open.folded_in_all);
  }
}
template void Subtree::describe(ArchiveWriter& archive);
template void Subtree::describe(ArchiveReader& archive);

}  // namespace brume::aggregator
