#include "net/outbox.hpp"

#include <algorithm>
#include <utility>

#include "net/framing.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

// Bytes offset … of the envelope and the frames, one after the other, as many as `out` takes.
void copy_body(const Encoded& message, std::uint64_t offset, std::span<std::byte> out) {
  const auto copy = [&](std::span<const std::byte> part) {
    if (offset >= part.size()) {
      offset -= part.size();
      return;
    }
    const auto count = std::min(part.size() - static_cast<std::size_t>(offset), out.size());
    std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
    out = out.subspan(count);
    offset = 0;
  };
  copy(std::as_bytes(std::span(message.envelope)));
  for (const auto& frame : message.frames) {
    if (out.empty()) return;
    copy(*frame);
  }
}

void append_number(std::uint64_t value, int bytes, Bytes& out) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> 8 * i));
}

}  // namespace

void Outbox::send(const Message& message, Time now) {
  auto encoded = encode(message, now);
  if (encoded.frames.empty() && encoded.envelope.size() <= kFullFrame)
    return add_short({task_of(message), true, std::move(encoded.envelope), {}});
  if (kFrameHeader + 4 + encoded.envelope.size() + encoded.frame_bytes() <= kFullFrame)
    return add_short({task_of(message), true, std::move(encoded.envelope), std::move(encoded.frames)});
  Transfer transfer;
  transfer.message = encode(message, kNever);
  transfer.key = transfer_key(transfer.message.envelope, transfer.message.frames);
  transfer.task = task_of(message);
  transfer.bytes = transfer.message.envelope.size() + transfer.message.frame_bytes();
  const auto same = [&](const Transfer& other) { return other.key == transfer.key; };
  if (std::any_of(transfers_.begin(), transfers_.end(), same)) return;
  transfer.waits = earlier_.erase(transfer.key) > 0;
  transfer.deadline = deadline_of(message);
  transfer.model = std::holds_alternative<ModelMessage>(message);
  transfers_.push_back(std::move(transfer));
}

void Outbox::add_short(Short message) {
  short_bytes_ += message.envelope.size();
  short_.push_back(std::move(message));
}

// The receiver holds so many and no more.
bool Outbox::announce(Bytes& out, Time now) {
  std::size_t place = 0;
  for (auto& transfer : transfers_) {
    if (place++ == kMostTransfers) return false;
    if (std::exchange(transfer.announced, true)) continue;
    wire::Envelope envelope;
    auto& begin = *envelope.mutable_begin();
    begin.set_key(transfer.key);
    begin.set_bytes(transfer.bytes);
    begin.set_head_bytes(static_cast<std::uint32_t>(transfer.message.envelope.size()));
    begin.set_deadline(time_left(transfer.deadline, now));
    append_envelope(envelope.SerializeAsString(), out);
    return true;
  }
  return false;
}

void Outbox::drop(const TaskId& task) {
  std::erase_if(short_, [&](const Short& one) {
    const bool gone = one.droppable && one.task == task;
    if (gone) short_bytes_ -= one.envelope.size();
    return gone;
  });
  for (auto one = transfers_.begin(); one != transfers_.end();) {
    if (one->task != task) {
      ++one;
      continue;
    }
    wire::Envelope envelope;
    envelope.mutable_abort()->set_key(one->key);
    if (one->announced) send_envelope(envelope.SerializeAsString());
    one = transfers_.erase(one);
  }
}

void Outbox::on_progress(std::uint64_t key, std::uint64_t offset) {
  const auto transfer =
      std::find_if(transfers_.begin(), transfers_.end(), [&](const Transfer& one) { return one.key == key; });
  if (transfer == transfers_.end()) return;
  transfer->waits = false;
  transfer->confirmed = std::max(transfer->confirmed, std::min(offset, transfer->bytes));
  transfer->sent = std::max(transfer->sent, transfer->confirmed);
  if (transfer->confirmed == transfer->bytes) transfers_.erase(transfer);
}

bool Outbox::sends_model() const {
  return std::any_of(transfers_.begin(), transfers_.end(), [](const Transfer& one) { return one.model; });
}

bool Outbox::next(Bytes& out, Time now) {
  if (short_.empty()) return announce(out, now) || append_chunk(out);
  const auto message = std::move(short_.front());
  short_.pop_front();
  short_bytes_ -= message.envelope.size();
  if (message.frames.empty()) {
    append_envelope(message.envelope, out);
    return true;
  }
  const Encoded whole{message.envelope, message.frames};
  append_frame_header(FrameKind::whole, 4 + whole.envelope.size() + whole.frame_bytes(), out);
  append_number(whole.envelope.size(), 4, out);
  const auto start = out.size();
  out.resize(start + whole.envelope.size() + whole.frame_bytes());
  copy_body(whole, 0, std::span(out).subspan(start));
  return true;
}

// The first transfer that may go on: one that waits does not hold up the others.
bool Outbox::append_chunk(Bytes& out) {
  const auto ready = [](const Transfer& one) {
    return one.announced && !one.waits && one.sent < one.bytes && one.sent - one.confirmed < kWindow;
  };
  const auto transfer = std::find_if(transfers_.begin(), transfers_.end(), ready);
  if (transfer == transfers_.end()) return false;
  const auto count = std::min<std::uint64_t>(kChunk, transfer->bytes - transfer->sent);
  append_frame_header(FrameKind::chunk, kChunkHeader + count, out);
  append_number(transfer->key, 8, out);
  append_number(transfer->sent, 8, out);
  const auto start = out.size();
  out.resize(start + count);
  copy_body(transfer->message, transfer->sent, std::span(out).subspan(start));
  transfer->sent += count;
  return true;
}

Outbox::Unfinished Outbox::unfinished() const {
  Unfinished found;
  for (const auto& transfer : transfers_)
    if (transfer.confirmed > 0) found[transfer.key] = transfer.confirmed;
  return found;
}

}  // namespace brume::net
