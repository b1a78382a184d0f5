#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "aggregator/gathering.hpp"
#include "aggregator/subtree.hpp"
#include "brume/algorithm.hpp"
#include "brume/selection.hpp"
#include "messages/events.hpp"

namespace brume {
class ArchiveReader;
class ArchiveWriter;
}  // namespace brume

namespace brume::aggregator {

/// What an aggregator works with; the pointers are shared with whoever assembled the federation.
struct Setup {
  std::shared_ptr<const Algorithm> algorithm;
  std::shared_ptr<const SelectionPolicy> selection;
  std::shared_ptr<const Codec> uplink;
  std::shared_ptr<const Codec> fog_uplink;  ///< null: exact
  std::shared_ptr<const Codec> downlink;
  std::shared_ptr<const Population> population;
  NodeId::Role children = NodeId::Role::device;
  std::uint64_t seed = 0;
  std::uint64_t rounds = 0;
  std::uint64_t evaluate_every = 1;
  std::optional<Duration> deadline{};
  std::shared_ptr<compression::ModelHistory> history{};  ///< of versions sent as changes; null: all models go whole
  bool fresh_model = true;  ///< drawn, not learnt: with a history it may be the one that devices got
};

/// The cloud's role as a state machine without I/O: events in, actions out. Holds the model, the server's state and the
/// set of open aggregations.
///
/// A round: select a cohort (over a tree: gather offers of ranks), send the model, fold each update as it arrives and
/// answer `stored` once that is on disk, close by policy, step the model, persist the commit, then `settled` to
/// everyone; evaluate when due; report; go on. States, guarantees: docs/protocol-model.md.
class Aggregator {
 public:
  Aggregator(Setup setup, Parameters initial);
  Aggregator(const Aggregator&) = delete;
  Aggregator& operator=(const Aggregator&) = delete;

  /// Handles one event at `now`; appends what the host has to do. Throws Error when durable storage fails.
  void handle(const Event& event, Time now, Actions& actions);

  /// Makes the role again from its records, in their order; then the host tells it Started, and Joined for each fog
  /// node that is there. Throws FormatError for a record that is damaged or of another role.
  void restore(std::span<const Record> records);
  /// The whole role, transient parts included: a restored one goes on as if nothing had happened, without Started.
  SnapshotRecord snapshot();
  /// The same into and from an archive that others share.
  void save(ArchiveWriter& archive);
  void load(ArchiveReader& archive);

  const Parameters& model() const { return *model_; }
  const State& state() const { return state_; }
  Version version() const { return version_; }
  bool finished() const { return finished_; }
  /// Whether Started would select a cohort: nothing is open, and there are rounds to come.
  bool between_rounds() const { return !finished_ && !ending_ && !subtree_.is_open(version_); }
  bool is_open(Version version) const { return subtree_.is_open(version); }
  /// The model as it goes down to the devices.
  Frame encoded_model() const;

 private:
  struct Sent {
    Frame model;
    std::vector<EncodedVector> broadcast;
    Digest digest{};
  };
  void start(Time now, Actions& actions);
  void open(Time now, Actions& actions);
  void gather(std::uint64_t last, Time now, Actions& actions);
  void on_offer(const Received& received, Time now, Actions& actions);
  void end_gathering(Time now, Actions& actions);
  void begin(const std::vector<Gathering::Offer>& chosen, Time now, Actions& actions);
  void try_later(Time now, Actions& actions);
  void on_joined(const Joined& joined, Actions& actions);
  void on_timer(Token token, Time now, Actions& actions);
  void on_evaluated(const Evaluated& evaluated, Time now, Actions& actions);
  void progress(Time now, Actions& actions);
  bool due() const;
  bool is_last(Version version) const;
  void commit(Time now, Actions& actions);
  std::string step(const std::vector<TakenAggregate>& taken, RoundReport& report);
  void finish_commit(Time now, Actions& actions);
  void end_round(Time now, Actions& actions);
  void on_replace(const Replace& replacement, Time now, Actions& actions);
  void replace_model(Time now, Actions& actions);
  Version version_after_replacement() const;
  std::vector<std::pair<Version, std::vector<Receipt>>> abandon(const std::vector<Version>& versions,
                                                                std::optional<Token> after, Actions& actions);
  bool may_replace() const;
  void set_deadline(Version version, Time deadline, Actions& actions);
  Token set_timer(Version version, Time at, Actions& actions);
  void restore(const Record& record);
  void restore_opened(const OpenedRecord& record);
  void restore_commit(const CommitRecord& record);
  Standing standing() const;
  Sent encode_model();
  Sent next_version();
  Sent whole_model() const;
  std::vector<EncodedVector> encode_broadcast() const;
  template <class Archive>
  void describe(Archive& archive);

  Setup setup_;
  Rounds rounds_;
  const ClosingPolicy* policy_;
  Tokens tokens_;
  Subtree subtree_;
  std::shared_ptr<const Parameters> model_;
  State state_;
  Version version_ = 0;
  Time opened_{};
  std::uint64_t asked_ = 0;
  std::optional<Gathering> gathering_;
  Token offer_timer_ = 0;  // of the present gathering
  std::map<Token, Version> timers_;
  std::set<Version> overdue_;          // open ones whose deadline is over
  std::optional<RoundReport> ending_;  // a committed round that waits for its evaluation
  Token evaluation_ = 0;
  bool finished_ = false;
  std::optional<Replace> replacement_;  // for the model, after the open step
};

}  // namespace brume::aggregator
