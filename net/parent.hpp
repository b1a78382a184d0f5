#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "net/children.hpp"
#include "net/proxy.hpp"

namespace brume::net {

/// The node above: dials it, greets it, and dials again, with full jitter, whenever the connection is gone.
class Parent final : private Session::Owner {
 public:
  class User {
   public:
    virtual ~User() = default;
    /// Digest of the contract that this node works by, or empty.
    virtual std::string contract_digest() const = 0;
    /// A contract has come that is not the one this node works by. The connection is closed, so that there is all the
    /// time that it takes; then it is dialled again.
    virtual void on_contract(const wire::Welcome& welcome) = 0;
    virtual void on_welcome(const wire::Welcome& welcome) = 0;
    virtual void describe(wire::Ready& ready) const = 0;
    /// Why this node is not the one above, or "".
    virtual std::string no_parent(NodeId node) const = 0;
    virtual MessageLimits limits() const = 0;
    virtual void on_joined() = 0;
    virtual void on_left() = 0;
    virtual void on_message(Message message) = 0;
    virtual void on_envelope(const wire::Envelope& envelope) = 0;  ///< certificates
    /// The parent refuses this node for good. Returns whether to go on trying.
    virtual bool on_refused(const wire::Refusal& refusal) = 0;
  };

  /// Dials `addresses`, one after the other while they do not answer, through `proxy` if there is one.
  Parent(boost::asio::io_context& context, std::vector<Address> addresses, std::optional<Proxy> proxy,
         const TlsContext& tls, const NodeClock& clock, const Log& log, SessionLimits limits, User& user);
  ~Parent() override;

  void start() { dial(); }
  void send(const Message& message);
  void send(const wire::Envelope& envelope);
  void drop(const TaskId& task);
  void close();
  /// Ends the connection if the certificate of the node above is revoked.
  void check_revocations();

  bool connected() const { return session_ && session_->is_open(); }
  /// Of the node above, while it is connected.
  std::optional<Identity> identity() const;
  std::uint64_t received_bytes() const;
  std::uint64_t sent_bytes() const;

 private:
  void dial();
  void begin();
  void dial_later(const std::string& why, std::chrono::milliseconds at_least);
  void tick();
  void on_welcome(const wire::Welcome& welcome);
  void end(const std::string& why, std::chrono::milliseconds at_least);

  Time now() const override { return clock_.now(); }
  void on_secured(Session& session) override;
  void on_envelope(Session& session, const wire::Envelope& envelope) override;
  void on_message(Session& session, Message message) override;
  void on_closed(Session& session, const std::string& why) override;

  boost::asio::io_context& context_;
  std::vector<Address> addresses_;
  std::optional<Proxy> proxy_;
  const TlsContext& tls_;
  const NodeClock& clock_;
  const Log& log_;
  SessionLimits limits_;
  User& user_;
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  boost::asio::steady_timer dialler_;
  boost::asio::steady_timer ticker_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Session> ended_;  // freed when nothing of it runs any more
  Incomings incoming_;              // of a connection that broke
  Outbox::Unfinished outgoing_;
  std::mt19937_64 chance_;
  unsigned attempts_ = 0;
  SteadyTime lost_;           // when the first of them failed
  std::size_t refusals_ = 0;  // for good, one after the other
  std::size_t address_ = 0;   // the one that is dialled: the next one only when it fails
  SteadyTime begun_;          // the present connection
  std::uint64_t dials_ = 0;
  std::uint64_t received_bytes_ = 0, sent_bytes_ = 0;
  std::string last_problem_;
  bool closed_ = false;
};

}  // namespace brume::net
