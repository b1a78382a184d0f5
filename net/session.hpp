#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/channel.hpp"
#include "net/inbox.hpp"
#include "net/outbox.hpp"

namespace brume::net {

/// Codes of a Refusal; PROTOCOL.md says what each means.
enum class RefusalCode : std::uint32_t {
  protocol = 1,      ///< no common version
  not_a_member = 2,  ///< this role or index has no place here
  mismatch = 3,      ///< model, data or contract do not fit
  not_ready = 4,     ///< come back later
  replaced = 5,      ///< the same node has connected again
  revoked = 6,       ///< the certificate is not accepted any more
  too_slow = 7,
  ahead = 8,  ///< the node has worked for versions that this aggregator does not know
};

/// Limits on one connection.
struct SessionLimits {
  Patience patience{};
  std::chrono::seconds ping{15};
  std::uint64_t least_bytes_per_minute = 4096;  ///< of a transfer that is coming in
  std::chrono::hours longest_transfer{6};
};

/// One connection between two nodes: envelopes, transfers, heartbeats. Knows nothing of what messages mean.
class Session final : private Channel::User {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual Time now() const = 0;
    virtual void on_secured(Session& session) = 0;
    /// One about the session. May throw FormatError: closes.
    virtual void on_envelope(Session& session, const wire::Envelope& envelope) = 0;
    virtual void on_message(Session& session, Message message) = 0;
    virtual void on_closed(Session& session, const std::string& why) = 0;  ///< the last call
  };

  /// `id` is never used again by the owner.
  Session(std::uint64_t id, Tcp::socket socket, const TlsContext& context, SessionLimits limits, Owner& owner);
  ~Session() override;

  void start() { channel_->start(*this); }
  void send(const Message& message);
  void send(const wire::Envelope& envelope);
  void drop(const TaskId& task);
  bool sends_model() const { return outbox_.sends_model(); }
  /// Both ends know each other: messages of the federation go in both directions from now on, with what is left of
  /// earlier transfers.
  void open(MessageLimits most, Outbox::Unfinished outgoing, Incomings incoming);
  bool is_open() const { return open_; }
  /// The peer has a certificate of those who may send a contract.
  void expect_contract() {
    from_parent_ = true;
    channel_->set_most_payload(kMostPayload);
  }
  void refuse(RefusalCode code, const std::string& text, std::chrono::seconds retry_after);
  void close() { channel_->close(); }
  /// Takes no more bytes, or goes on.
  void pause_reading(bool paused);
  void tick(SteadyTime now);

  std::uint64_t id() const { return id_; }
  const std::optional<Identity>& peer() const { return channel_->peer(); }
  std::string name() const;  ///< of the peer, for logs
  const Channel& channel() const { return *channel_; }
  Outbox::Unfinished unfinished() const { return outbox_.unfinished(); }
  Incomings release_incoming() { return inbox_.release(); }

 private:
  void on_secured() override { owner_.on_secured(*this); }
  void on_frame(const FrameView& frame) override;
  bool next_output(Bytes& out) override;
  void on_closed(const std::string& why) override { owner_.on_closed(*this, why); }
  void on_envelope(const wire::Envelope& envelope, std::span<const std::byte> frames);
  void on_begin(const wire::Envelope& envelope);
  void on_chunk(std::span<const std::byte> payload);
  void confirm(std::uint64_t key, std::uint64_t offset);
  void check_progress(SteadyTime now);
  void require_open() const;
  void mind_backlog();

  std::uint64_t id_;
  Owner& owner_;
  SessionLimits limits_;
  std::shared_ptr<Channel> channel_;
  Outbox outbox_;
  Inbox inbox_;
  bool open_ = false;
  bool from_parent_ = false;
  bool paused_ = false;   // by the owner
  bool backlog_ = false;  // of answers that the peer does not take
  SteadyTime pinged_;
  SteadyTime progress_checked_;
  std::uint64_t progress_ = 0;  // bytes of transfers, since then
  std::uint64_t pings_ = 0;
};

}  // namespace brume::net
