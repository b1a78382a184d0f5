#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "aggregator/aggregation.hpp"
#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "brume/selection.hpp"
#include "messages/events.hpp"

namespace brume::aggregator {

/// What an aggregator works with; the pointers are shared with whoever assembled the federation.
struct Setup {
  std::shared_ptr<const Algorithm> algorithm;
  std::shared_ptr<const SelectionPolicy> selection;
  std::shared_ptr<const Codec> uplink;
  std::shared_ptr<const Codec> downlink;
  std::shared_ptr<const Population> population;
  std::uint64_t seed = 0;
  std::uint64_t rounds = 0;
  std::uint64_t evaluate_every = 1;
  std::optional<Duration> deadline;
};

/// The cloud's role as a state machine without I/O: events in, actions out. Holds the model, the server's state and the
/// set of open aggregations.
///
/// A round: select a cohort, send the model, fold each update as it arrives and answer `stored` once that is on disk,
/// close by policy, step the model, persist the commit, then `settled` to everyone; evaluate when due; report; go on.
class Aggregator {
 public:
  Aggregator(Setup setup, Parameters initial);

  /// Handles one event at `now`; appends what the host has to do. Throws Error when durable storage fails.
  void handle(const Event& event, Time now, Actions& actions);

  const Parameters& model() const { return *model_; }
  const State& state() const { return state_; }
  Version version() const { return version_; }
  bool finished() const { return finished_; }

 private:
  void open(Time now, Actions& actions);
  void on_message(const Received& received, Time now, Actions& actions);
  void on_update(NodeId from, const UpdateMessage& update, Time now, Actions& actions);
  void on_joined(DeviceIndex device, Actions& actions);
  void on_timer(Token token, Time now, Actions& actions);
  void on_evaluated(const Evaluated& evaluated, Time now, Actions& actions);
  void close_if_due(Aggregation& aggregation, Time now, Actions& actions);
  void close(Aggregation& aggregation, Time now, Actions& actions);
  void commit(Aggregation& aggregation, RoundReport& report, Actions& actions);
  void end_round(Time now, Actions& actions);
  void remember(const Aggregation& aggregation);
  std::optional<Outcome> settled_outcome(const TaskId& task) const;
  SentModel encode_model() const;
  Token next_token() { return ++last_token_; }

  Setup setup_;
  std::shared_ptr<const Parameters> model_;
  State state_;
  Version version_ = 0;
  std::map<Version, Aggregation> open_;
  std::map<Version, std::unordered_map<DeviceIndex, Outcome>> settled_;  // of the last few versions
  std::map<Token, Version> timers_;
  std::optional<RoundReport> ending_;  // a closed round that waits for its evaluation
  Token evaluation_ = 0;
  Token last_token_ = 0;
  bool finished_ = false;
};

}  // namespace brume::aggregator
