#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brume/layout.hpp"
#include "brume/time.hpp"
#include "core/bytes.hpp"
#include "messages/messages.hpp"

namespace brume::wire {
class Ask;
class Envelope;
class Ready;
class Refusal;
class Task;
class Verdict;
class Welcome;
}  // namespace brume::wire

namespace brume::net {

/// A message of the federation's protocol as it travels: an envelope of wire.proto, and the frames behind it.
struct Encoded {
  std::string envelope;
  std::vector<Frame> frames;

  std::uint64_t frame_bytes() const;
};

/// Deadlines become what is left of them at `now`; kNever leaves them out.
Encoded encode(const Message& message, Time now);

Time deadline_of(const Message& message);
void set_deadline(Message& message, Time deadline);
/// How a deadline travels: nanoseconds that are left, at least 1; 0 for none.
std::uint64_t time_left(Time deadline, Time now);
Time deadline_from(std::uint64_t left, Time now);

/// Throws FormatError.
wire::Envelope parse_envelope(std::span<const std::byte> bytes);

/// The message in an envelope that has arrived at `now`, with the frames that came behind it. Throws FormatError for
/// one that is none, or whose frames are not as long as it says.
Message decode(const wire::Envelope& envelope, std::span<const std::byte> frames, Time now);
/// The same; a frame that is alone is not copied.
Message decode(const wire::Envelope& envelope, Bytes&& frames, Time now);

/// The frames that travel behind a message, in their order.
std::vector<Frame> frames_of(const Message& message);
/// Equal bytes have equal keys on any connection: the CRC-32C of the envelope, and that of the CRC-32Cs of the frames.
std::uint64_t transfer_key(std::string_view envelope, const std::vector<Frame>& frames);
/// The same, of the frames' own CRC-32Cs.
std::uint64_t transfer_key(std::string_view envelope, std::span<const std::uint32_t> frame_sums);

/// Whether an envelope holds a message of the federation's protocol, and not one about the session.
bool is_federation_message(const wire::Envelope& envelope);

void put_task(const TaskId& task, wire::Task& out);
TaskId task_from(const wire::Task& task);
/// Throws FormatError.
Outcome outcome_from(std::uint32_t number);

void put_layout(const Layout& layout, wire::Welcome& welcome);
/// Throws FormatError.
LayoutPointer take_layout(const wire::Welcome& welcome);

}  // namespace brume::net
