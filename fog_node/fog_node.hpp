#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "aggregator/gathering.hpp"
#include "aggregator/subtree.hpp"
#include "client/model_receiver.hpp"
#include "fog_node/own_rounds.hpp"
#include "fog_node/part_encoder.hpp"

namespace brume {
class ArchiveReader;
class ArchiveWriter;
}  // namespace brume

namespace brume::fog_node {

/// What a fog node works with; the pointers are shared with whoever assembled the federation.
struct Setup {
  NodeId self;
  NodeId parent;
  std::shared_ptr<const Algorithm> algorithm;
  std::shared_ptr<const SelectionPolicy> selection;
  std::shared_ptr<const Codec> uplink;      ///< of the devices
  std::shared_ptr<const Codec> fog_uplink;  ///< of all fog nodes; null: exact
  bool error_feedback = false;              ///< what a part leaves out of its sum comes with the next one
  std::shared_ptr<const Codec> downlink;
  std::shared_ptr<client::ModelReceiver> receiver;
  std::shared_ptr<const Population> population;  ///< `available` is true only for devices below this node
  LayoutPointer layout;
  NodeId::Role children = NodeId::Role::device;
  std::uint64_t seed = 0;
  std::optional<Duration> deadline{};  ///< from when the parent asks; none: most of the parent's
  /// While the parent is not there: versions of which updates are kept that it has not settled. What comes of further
  /// ones waits at its sender, so that a node that is cut off needs a disk of a known size.
  std::uint64_t most_unsettled = 16;
  std::shared_ptr<compression::ModelHistory> history{};  ///< the receiver's, if versions come as changes; else null
};

/// A fog node's role as a state machine without I/O: an aggregator to those below, a client to the one above.
///
/// It offers the ranks of its available devices, has those that its parent picks train, folds their updates, and sends
/// what it folded upwards as numbered parts of the version: one when all have answered, at its deadline, or when its
/// parent closes; more if the parent takes parts while tasks go on. What a part's tasks are owed it tells its children
/// once its parent has settled the part. States, guarantees: docs/protocol-model.md.
class FogNode {
 public:
  explicit FogNode(Setup setup);
  FogNode(const FogNode&) = delete;
  FogNode& operator=(const FogNode&) = delete;

  /// As aggregator::Aggregator.
  void handle(const Event& event, Time now, Actions& actions);
  void restore(std::span<const Record> records);
  SnapshotRecord snapshot();
  void save(ArchiveWriter& archive);
  void load(ArchiveReader& archive);

  /// The newest version that it has worked for.
  Version newest() const { return seen_.empty() ? oldest_ : *seen_.rbegin(); }
  /// Of the model, where versions come as changes.
  std::optional<Version> holds() const { return setup_.receiver->holds(); }

 private:
  /// A version that this node has been asked for and has not closed.
  struct Round {
    std::uint32_t next_part = 0;
    std::uint64_t counted = 0;              // what the parent has been told
    std::optional<CloseMessage> closing{};  // the parent waits for the next part
    Time deadline = kNever;                 // of all its own rounds together
    std::optional<OwnRounds> own{};
    template <class Archive>
    void describe(Archive& archive);
  };
  /// A part on its way up.
  struct Part {
    std::optional<PartialMessage> message;  // until it is stored
    std::vector<Receipt> owed;
    std::optional<Token> after;  // its record
    PartEncoder::Staged staged{};
    template <class Archive>
    void describe(Archive& archive);
  };

  void start(Time now, Actions& actions);
  void on_parent(const Message& message, Time now, Actions& actions);
  void on_invite(const InviteMessage& invite, Time now, Actions& actions);
  void on_offer(const Received& received, Actions& actions);
  void offer_if_complete(Actions& actions);
  void on_assign(AssignMessage asked, Time now, Actions& actions);
  void open(AssignMessage asked, Time now, Actions& actions);
  void refuse(const AssignMessage& asked, const std::string& problem, Actions& actions);
  std::vector<Route> routes_for(Version version, const std::vector<DeviceIndex>& devices);
  void on_close(const CloseMessage& close, Time now, Actions& actions);
  void on_stored(TaskId task, Actions& actions);
  void send_again(const TaskId& task, Actions& actions) const;
  bool has_room(Version version) const;
  bool turn_away(const Received& received);
  void call_back(Actions& actions);
  void on_settled(const SettledMessage& settled, Actions& actions);
  void on_timer(Token token, Time now, Actions& actions);
  void on_joined(const Joined& joined, Actions& actions);
  void progress(Version version, Time now, Actions& actions);
  void report_count(Version version, Actions& actions);
  StepInput step_input(Version version) const;
  bool next_own_round(Version version, Time now, Actions& actions);
  AssignMessage own_round(AssignMessage asked, Time now) const;
  void make_part(Version version, bool last, Actions& actions);
  aggregator::Subtree::Taken take(Version version, bool last);
  void send_part(PartialMessage message, Part part, Actions& actions);
  Token set_timer(Version version, Time at, Actions& actions);
  Time deadline_for(const AssignMessage& asked, Time now) const;
  void remember(const AssignMessage& asked);
  Round make_round(const AssignMessage& asked) const;
  void restore(const Record& record);
  void restore_opened(const OpenedRecord& record);
  void restore_part(const PartRecord& record);
  std::optional<std::vector<Receipt>> forget_part(const TaskId& task, Outcome outcome);
  bool settle(const SettledMessage& settled, std::optional<Token> after, Actions& actions);
  template <class Archive>
  void describe(Archive& archive);

  Setup setup_;
  aggregator::Tokens tokens_;
  aggregator::Subtree subtree_;
  PartEncoder encoder_;
  std::map<Version, Round> rounds_;
  std::map<TaskId, Part> parts_;  // by {version, self, part}
  std::set<Version> seen_;        // asked for, of those that may be asked for again
  Version oldest_ = 0;
  std::optional<Token> last_verdict_;               // the record of the parent's latest
  std::optional<aggregator::Gathering> gathering_;  // for the parent's present invitation
  Token offer_timer_ = 0;                           // of that
  std::vector<aggregator::Gathering::Offer> offered_;
  Version offered_version_ = 0;
  std::map<Token, Version> timers_;
  bool cut_off_ = false;                  // from the parent
  std::map<TaskId, NodeId> turned_away_;  // answers for which there was no room, and whose they are
};

}  // namespace brume::fog_node
