#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>

#include "core/bytes.hpp"
#include "net/wire.hpp"

namespace brume::net {

/// What one connection still has to send. Short messages go before the chunks of long ones, so that a transfer never
/// holds up a heartbeat; chunks go out no further than a window beyond what the receiver has confirmed.
class Outbox {
 public:
  static constexpr std::uint64_t kWindow = 4 << 20;
  static constexpr std::size_t kMostTransfers = 8;  ///< announced at once

  /// How far each transfer had come when a connection broke, by key: a later one waits to hear where to go on.
  using Unfinished = std::map<std::uint64_t, std::uint64_t>;

  void set_earlier(Unfinished earlier) { earlier_ = std::move(earlier); }

  void send_envelope(std::string envelope) { add_short({{}, false, std::move(envelope), {}}); }
  /// As a whole if it is short, otherwise as a transfer. A message that is on its way already is not sent twice.
  void send(const Message& message, Time now);
  /// What is left of this task's messages need not be sent.
  void drop(const TaskId& task);
  /// The receiver has so much of a transfer. Unknown keys are ignored.
  void on_progress(std::uint64_t key, std::uint64_t offset);

  /// Appends the next frame; false if there is none that may be sent now.
  bool next(Bytes& out, Time now);

  Unfinished unfinished() const;
  /// Whether a model for use is on its way.
  bool sends_model() const;
  bool idle() const { return short_.empty() && transfers_.empty(); }
  std::size_t short_bytes() const { return short_bytes_; }

 private:
  struct Short {
    TaskId task;
    bool droppable = false;
    std::string envelope;
    std::vector<Frame> frames;
  };
  struct Transfer {
    std::uint64_t key = 0;
    TaskId task;
    Encoded message;
    std::uint64_t bytes = 0;
    std::uint64_t sent = 0;
    std::uint64_t confirmed = 0;
    Time deadline = kNever;
    bool announced = false;
    bool waits = false;  // for the receiver to say where to go on
    bool model = false;  // for use
  };
  void add_short(Short message);
  bool announce(Bytes& out, Time now);
  bool append_chunk(Bytes& out);

  std::deque<Short> short_;
  std::size_t short_bytes_ = 0;
  std::list<Transfer> transfers_;  // one after the other
  Unfinished earlier_;
};

}  // namespace brume::net
