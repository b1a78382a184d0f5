#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "brume/parameters.hpp"
#include "brume/time.hpp"
#include "brume/training.hpp"
#include "messages/messages.hpp"
#include "messages/records.hpp"
#include "messages/report.hpp"

namespace brume {

/// Matches an action with its completion. Chosen by the role, unique within it.
using Token = std::uint64_t;

// ---- What a host tells a role ------------------------------------------------------------------------------------

/// The host is ready: timers can be set, messages sent. Comes once, after any restore.
struct Started {};
/// A connection to a node is there, for the first time or again: what it may have missed is sent once more.
struct Joined {
  NodeId node;
  std::optional<Version> holds{};  ///< the version of the model that it has, where versions are sent as changes
};
struct Left {
  NodeId node;
};
struct Received {
  NodeId from;
  Message message;
};
struct TimerFired {
  Token token = 0;
};
struct Persisted {
  Token token = 0;
};
struct PersistFailed {
  Token token = 0;
  std::string reason;
};
struct Trained {
  Token token = 0;
  TrainingResult result;
};
struct TrainFailed {
  Token token = 0;
  std::string reason;
};
struct Evaluated {
  Token token = 0;
  Metrics metrics;
};

/// Cloud: an operator puts this model in the place of the present one, as a step of its own; its version is the next,
/// or a later one from `at_least` on.
struct Replace {
  std::shared_ptr<const Parameters> model;
  Version at_least = 0;
  bool at_once = false;  ///< what is open is late; otherwise the open step ends first
};

using Event = std::variant<Started, Joined, Left, Received, TimerFired, Persisted, PersistFailed, Trained, TrainFailed,
                           Evaluated, Replace>;

// ---- What a role asks of its host --------------------------------------------------------------------------------

struct Send {
  NodeId to;
  Message message;
  std::optional<Token> after{};  ///< hold it until this persist has completed; one that is not under way has
};
struct SetTimer {
  Token token = 0;
  Time at;
};
struct Persist {
  Token token = 0;
  Record record;
};
struct Train {
  Token token = 0;
  TrainingJob job;
};
struct Evaluate {
  Token token = 0;
  std::shared_ptr<const Parameters> model;
};
/// Stop whatever training or transfer is under way for this task; its result is of no use any more.
struct Drop {
  TaskId task;
};
/// What one step has come to. The same round may be reported again after a restart.
struct Report {
  RoundReport round;
};
struct Finish {};

using Action = std::variant<Send, SetTimer, Persist, Train, Evaluate, Drop, Report, Finish>;
using Actions = std::vector<Action>;

}  // namespace brume
