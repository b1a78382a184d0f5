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

namespace brume {

/// Matches an action with its completion. Chosen by the role, unique within it.
using Token = std::uint64_t;

// ---- What a host tells a role ------------------------------------------------------------------------------------

struct Started {};
struct Joined {
  NodeId node;
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

using Event = std::variant<Started, Joined, Left, Received, TimerFired, Persisted, PersistFailed, Trained, TrainFailed,
                           Evaluated>;

// ---- What a role asks of its host --------------------------------------------------------------------------------

/// A promise that must be on disk before it is made.
struct OpenedRecord {
  Version version = 0;
  std::vector<DeviceIndex> cohort;
};
struct UpdateRecord {
  UpdateMessage update;  ///< its frames: the sum can be made again from them
};
struct CommitRecord {
  Version version = 0;  ///< the new one
  std::shared_ptr<const Parameters> model;
  State server_state;
};
using Record = std::variant<OpenedRecord, UpdateRecord, CommitRecord>;

/// What became of one aggregation.
struct RoundReport {
  std::uint64_t round = 0;  ///< counted from 1
  Time opened;
  Time closed;
  std::uint64_t cohort = 0;
  std::uint64_t included = 0;
  std::uint64_t late = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  double training_loss = 0;  ///< mean of the included devices', by weight
  std::vector<NamedScalar> scalars;
  std::optional<Metrics> metrics;
  std::string first_problem;  ///< why the first refused or failed task was, or ""
};

struct Send {
  NodeId to;
  Message message;
  std::optional<Token> after{};  ///< hold it until this persist has completed
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
struct Report {
  RoundReport round;
};
struct Finish {};

using Action = std::variant<Send, SetTimer, Persist, Train, Evaluate, Drop, Report, Finish>;
using Actions = std::vector<Action>;

}  // namespace brume
