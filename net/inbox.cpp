#include "net/inbox.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/crc32c.hpp"
#include "net/wire.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::uint64_t kAtOnce =
    2 << 20;  // bytes for which room is made before they come: untouched, it is only named

void append(Incoming& incoming, std::span<const std::byte> bytes) {
  const auto head = bytes.first(std::min<std::size_t>(incoming.head_bytes - incoming.head.size(), bytes.size()));
  incoming.head.insert(incoming.head.end(), head.begin(), head.end());
  bytes = bytes.subspan(head.size());
  auto& frames = incoming.frames;
  const auto wanted = frames.size() + bytes.size();
  if (wanted > frames.capacity())
    frames.reserve(static_cast<std::size_t>(
        std::min<std::uint64_t>(incoming.bytes - incoming.head_bytes, std::max<std::uint64_t>(2 * wanted, kAtOnce))));
  frames.insert(frames.end(), bytes.begin(), bytes.end());
  incoming.frames_crc = crc32c(bytes, incoming.frames_crc);  // now: when all has come it is in no cache any more
}

}  // namespace

Message message_of(std::uint64_t key, Incoming incoming, Time now) {
  const std::string_view text(reinterpret_cast<const char*>(incoming.head.data()), incoming.head.size());
  auto message = decode(parse_envelope(incoming.head), std::move(incoming.frames), now);
  const auto frames = frames_of(message);
  const auto came = frames.size() == 1 ? transfer_key(text, {&incoming.frames_crc, 1}) : transfer_key(text, frames);
  if (came != key) throw FormatError("a transfer's bytes are not those announced");
  set_deadline(message, incoming.deadline);
  return message;
}

Inbox::Inbox(Incomings held) : incoming_(std::move(held)) {
  for (auto& [key, incoming] : incoming_) incoming.active = false;
}

std::optional<Time> Inbox::oldest() const {
  std::optional<Time> oldest;
  for (const auto& [key, incoming] : incoming_)
    if (incoming.active && (!oldest || incoming.begun < *oldest)) oldest = incoming.begun;
  return oldest;
}

std::uint64_t Inbox::begin(std::uint64_t key, std::uint64_t bytes, std::uint32_t head_bytes, Time deadline, Time now) {
  if (bytes > most_.bytes)
    throw FormatError(fmt::format("a message of {} bytes is longer than the {} allowed", bytes, most_.bytes));
  if (head_bytes > most_.head_bytes) throw FormatError("the envelope of a transfer is too long");
  if (bytes == 0 || head_bytes > bytes) throw FormatError("a transfer is shorter than its envelope");
  const auto known = incoming_.find(key);
  if (known != incoming_.end() && known->second.bytes == bytes && known->second.head_bytes == head_bytes) {
    known->second.deadline = deadline;
    known->second.active = true;
    known->second.begun = now;
    return known->second.confirmed = known->second.there();
  }
  if (known == incoming_.end()) make_room();
  Incoming fresh;
  fresh.bytes = bytes;
  fresh.head_bytes = head_bytes;
  fresh.deadline = deadline;
  fresh.begun = now;
  incoming_[key] = std::move(fresh);
  return 0;
}

// What an earlier connection left goes first, the oldest before the others.
void Inbox::make_room() {
  while (incoming_.size() >= kMostTransfers) {
    auto oldest = incoming_.end();
    for (auto one = incoming_.begin(); one != incoming_.end(); ++one)
      if (!one->second.active && (oldest == incoming_.end() || one->second.begun < oldest->second.begun)) oldest = one;
    if (oldest == incoming_.end()) throw FormatError("too many transfers at once");
    incoming_.erase(oldest);
  }
}

Inbox::Taken Inbox::take(std::uint64_t key, std::uint64_t offset, std::span<const std::byte> bytes) {
  const auto found = incoming_.find(key);
  if (found == incoming_.end()) return {};  // aborted, or complete: what was sent in the meantime
  auto& incoming = found->second;
  if (offset > incoming.there()) throw FormatError("a chunk leaves a gap");
  if (bytes.size() > incoming.bytes - offset) throw FormatError("a chunk goes beyond its transfer");
  append(incoming, bytes.subspan(std::min<std::size_t>(incoming.there() - offset, bytes.size())));
  Taken taken;
  const auto there = incoming.there();
  const bool whole = there == incoming.bytes;
  if (whole || there - incoming.confirmed >= kConfirmEvery) taken.confirm = incoming.confirmed = there;
  if (!whole) return taken;
  taken.complete = std::move(incoming);
  incoming_.erase(found);
  return taken;
}

}  // namespace brume::net
