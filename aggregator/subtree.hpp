#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "aggregator/aggregation.hpp"
#include "aggregator/settlement.hpp"
#include "brume/selection.hpp"
#include "compression/model_history.hpp"
#include "messages/events.hpp"

namespace brume::aggregator {

/// Numbers a role's actions.
struct Tokens {
  Token last = 0;
  Token next() { return ++last; }
};

/// The part that the cloud and a fog node share: what has been asked of the nodes directly below, what they answered,
/// and what they have been told. Children are either all devices or all fog nodes.
///
/// Durable before it is promised: every open, fold, answer and merge is a record; `stored` waits for it. A count goes
/// up behind the records of what it counts.
class Subtree {
 public:
  struct Setup {
    std::shared_ptr<const Aggregation::Parts> parts;
    std::shared_ptr<const Population> population;  ///< the devices below; asked only where they are the children
    NodeId::Role children = NodeId::Role::device;
    bool decides = false;                                  ///< the cloud: what it does not know of is settled
    std::shared_ptr<compression::ModelHistory> history{};  ///< null: every model is sent whole
  };
  struct Taken {
    std::unique_ptr<Aggregate> aggregate;  ///< as Aggregation::Taken
    std::vector<Receipt> receipts;
    std::uint64_t folded = 0;
    std::string problem;
    std::vector<Receipt> owed;  ///< verdicts to come: the same receipts for devices, the merged parts for fog nodes
    Frame forwarded{};          ///< as Aggregation::Taken
  };

  Subtree(Setup setup, Tokens& tokens) : setup_(std::move(setup)), tokens_(tokens), settlement_(setup_.children) {}

  bool lowest() const { return setup_.children == NodeId::Role::device; }
  const std::set<NodeId>& children() const { return children_; }  ///< fog nodes that are connected
  /// The ranks in `window` whose devices can be asked, at most `most`: they are there and have no open task of this
  /// node.
  std::vector<std::uint64_t> free_ranks(const Ranking& ranking, RankWindow window, std::uint64_t most) const;

  // ---- Going down

  /// Opens a version, or a fog node's next own round of one, behind a record of it. `routes` as in OpenedRecord.
  void open(const AssignMessage& asked, const Digest& base, const std::vector<Route>& routes, Time now,
            Actions& actions);
  /// Answers for the devices of a version to which no route is known.
  void give_up_unreachable(Version version, Actions& actions);
  /// Asks the fog nodes below for what they have folded of a version; with `last`, for their last parts.
  void close(Version version, bool last, Actions& actions);
  /// Whether nothing is under way that was asked for by close().
  bool collected(Version version) const;
  /// Takes out what is there. With `last`, the version is closed and what comes later is late.
  Taken take(Version version, bool last);
  /// Verdicts on what was owed, behind the persist `after`: `verdict` on what was folded; the rest is as it is.
  void settle(Version version, std::vector<Receipt> owed, Outcome verdict, std::optional<Token> after,
              Actions& actions);

  // ---- Coming up: each returns the version that it changed, if any

  std::optional<Version> on_message(const Received& received, Actions& actions);
  void on_persisted(Token token) { promises_.erase(token); }
  void on_joined(const Joined& joined, Actions& actions);
  void on_left(NodeId node) { children_.erase(node); }

  // ---- How things stand

  bool is_open(Version version) const { return open_.count(version) > 0; }
  std::vector<Version> versions() const;  ///< open ones, oldest first
  const Aggregation& aggregation(Version version) const { return open_.at(version).aggregation; }
  const AssignMessage& asked(Version version) const { return open_.at(version).asked; }  ///< without its devices
  /// Updates folded below, in all parts: the larger of what was counted and what was merged, over the children.
  std::uint64_t folded_in_all(Version version) const;
  std::uint64_t folded_not_taken(Version version) const;
  /// Whether this answer of a child would be taken in.
  bool expects(NodeId from, const TaskId& task) const;
  std::uint64_t in_training(Version version) const;  ///< outstanding and not counted as folded by a child
  /// The persist behind the latest fold of this version, if it is still under way.
  std::optional<Token> pending(Version version) const;

  // ---- Made again

  /// Takes a record of its own kinds. Tells nobody anything; on_joined does, later.
  void restore(const OpenedRecord& record, const Digest& base);
  void restore(const UpdateRecord& record);
  void restore(const AnsweredRecord& record);
  void restore(const PartialRecord& record);

  /// What a dead process was about to do is not done: persists, connections.
  void restart();

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Child {
    std::uint64_t counted = 0;
    std::uint64_t merged = 0;       // folded receipts in merged parts
    std::uint64_t outstanding = 0;  // tasks that have not been answered
    std::uint32_t next_part = 0;
    bool last = false;                      // no part follows
    std::optional<CloseMessage> closing{};  // asked for and not there yet
    template <class Archive>
    void describe(Archive& archive);
  };
  struct Open {
    AssignMessage asked;
    Digest base;  // of the model as the devices decode it
    Aggregation aggregation;
    std::map<NodeId, Child> children;
    std::vector<Receipt> merged_parts;  // since the last take
    std::uint64_t folded_in_all = 0;    // of devices
  };
  struct Promise {
    NodeId to;
    TaskId task;
    template <class Archive>
    void describe(Archive& archive);
  };

  Open& add_open(const AssignMessage& asked, const Digest& base, const std::vector<Route>& routes);
  std::optional<Version> tell_of_closed(NodeId from, const TaskId& task, Actions& actions);
  std::optional<Version> on_update(NodeId from, const UpdateMessage& update, Actions& actions);
  std::optional<Version> on_failed(const FailedMessage& failed, Actions& actions);
  std::optional<Version> on_partial(NodeId from, const PartialMessage& partial, Actions& actions);
  std::optional<Version> on_count(NodeId from, const CountMessage& count);
  bool merge_part(Open& open, Child& child, const PartialMessage& partial);
  void refuse_rest(Open& open, NodeId from, const std::string& why, Actions& actions);
  void note_answered(Open& open, const TaskId& task);
  void persist_and_store(Record record, NodeId from, const TaskId& task, Actions& actions);
  void store_again(NodeId from, const TaskId& task, Actions& actions);
  void send_tasks(const Open& open, NodeId child, std::optional<Token> after, Actions& actions) const;
  TaskMessage task_for(const Open& open, DeviceIndex device) const;
  Frame model_for(const Open& open, NodeId child) const;
  void note_model(NodeId child, std::optional<Version> holds);

  Setup setup_;
  Tokens& tokens_;
  std::set<NodeId> children_;
  std::map<Version, Open> open_;
  std::map<Token, Promise> promises_;  // persists under way, and for what
  Settlement settlement_;
  std::map<NodeId, Version> held_;  // with a history: which model a child has shown that it has
};

}  // namespace brume::aggregator
