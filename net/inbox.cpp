#include "net/inbox.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/wire.hpp"
#include "net/wire.pb.h"

namespace brume::net {

Message message_of(std::uint64_t key, const Incoming& incoming, Time now) {
  const auto body = std::span<const std::byte>(incoming.body);
  const auto head = body.first(incoming.head_bytes);
  auto message = decode(parse_envelope(head), body.subspan(head.size()), now);
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (transfer_key(text, frames_of(message)) != key) throw FormatError("a transfer's bytes are not those announced");
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
    return known->second.confirmed = known->second.body.size();
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
  auto& body = incoming.body;
  if (offset > body.size()) throw FormatError("a chunk leaves a gap");
  if (bytes.size() > incoming.bytes - offset) throw FormatError("a chunk goes beyond its transfer");
  const auto known = std::min<std::size_t>(body.size() - static_cast<std::size_t>(offset), bytes.size());
  bytes = bytes.subspan(known);
  const auto wanted = body.size() + bytes.size();
  if (wanted > body.capacity())
    body.reserve(static_cast<std::size_t>(
        std::min<std::uint64_t>(incoming.bytes, std::max<std::uint64_t>(2 * wanted, 1 << 16))));
  body.insert(body.end(), bytes.begin(), bytes.end());
  Taken taken;
  const bool whole = body.size() == incoming.bytes;
  if (whole || body.size() - incoming.confirmed >= kConfirmEvery) taken.confirm = incoming.confirmed = body.size();
  if (!whole) return taken;
  taken.complete = std::move(incoming);
  incoming_.erase(found);
  return taken;
}

}  // namespace brume::net
