#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "brume/time.hpp"
#include "core/bytes.hpp"
#include "messages/messages.hpp"

namespace brume::net {

/// A long message that is coming in, or came in part before its connection broke.
struct Incoming {
  std::uint64_t bytes = 0;  ///< when it is whole
  std::uint32_t head_bytes = 0;
  Time deadline = kNever;
  Bytes head;                    ///< the envelope, so far
  Bytes frames;                  ///< what is behind it, so far
  std::uint32_t frames_crc = 0;  ///< their CRC-32C
  std::uint64_t confirmed = 0;   ///< what the sender was told
  Time begun{};
  bool active = true;  ///< announced on this connection; or held from an earlier one

  std::uint64_t there() const { return head.size() + frames.size(); }
};
using Incomings = std::map<std::uint64_t, Incoming>;

/// The message in a transfer that has come whole. Throws FormatError for bytes that are not those which `key`
/// announced.
Message message_of(std::uint64_t key, Incoming incoming, Time now);

/// Puts transfers together from their chunks. Memory grows with what has come, never with what was announced.
class Inbox {
 public:
  static constexpr std::size_t kMostTransfers = 8;
  static constexpr std::uint64_t kConfirmEvery = 256 << 10;

  /// `held` are transfers that an earlier connection of the peer left unfinished.
  explicit Inbox(Incomings held = {});
  void set_most(MessageLimits most) { most_ = most; }

  /// Returns how much of it is there already. Throws FormatError for one that is too long or one too many.
  std::uint64_t begin(std::uint64_t key, std::uint64_t bytes, std::uint32_t head_bytes, Time deadline, Time now);
  struct Taken {
    std::optional<std::uint64_t> confirm;  ///< tell the sender that so much has come
    std::optional<Incoming> complete;
  };
  /// A chunk that is there already is passed over. Throws FormatError for one that leaves a gap or goes too far.
  Taken take(std::uint64_t key, std::uint64_t offset, std::span<const std::byte> bytes);
  void abort(std::uint64_t key) { incoming_.erase(key); }

  /// When the oldest transfer that is coming in was announced, if there is one.
  std::optional<Time> oldest() const;
  Incomings release() { return std::move(incoming_); }

 private:
  void make_room();
  Incomings incoming_;
  MessageLimits most_;
};

}  // namespace brume::net
