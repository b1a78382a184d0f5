#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "brume/selection.hpp"
#include "messages/events.hpp"
#include "net/address.hpp"
#include "net/clock.hpp"
#include "net/log.hpp"
#include "net/session.hpp"

namespace brume::net {

inline constexpr std::uint32_t kProtocol = 1;

/// The nodes below this one: accepts their connections, greets them, and keeps one session for each.
class Children final : private Session::Owner {
 public:
  class User {
   public:
    virtual ~User() = default;
    /// Why no child can be served yet, or "".
    virtual std::string not_ready() const = 0;
    /// Why this node has no place here, or "".
    virtual std::string no_member(NodeId node) const = 0;
    /// Fills in the contract and what belongs to it; the digest is known to be `known`, or another, or empty.
    virtual void welcome(NodeId node, const std::string& known, wire::Welcome& welcome) const = 0;
    /// Of the model: what a child must have made of the contract.
    virtual Digest layout() const = 0;
    virtual MessageLimits limits(NodeId::Role sender) const = 0;
    virtual void on_joined(const Joined& child) = 0;
    virtual void on_left(NodeId child) = 0;
    virtual void on_message(NodeId child, Message message) = 0;
    /// Devices that are connected below a fog node have become more or fewer.
    virtual void on_census() {}
    /// Enrolment (from a peer without a certificate) or renewal.
    virtual void on_certificate_request(Session& session, const wire::Envelope& envelope) = 0;
    /// `fetch` or `ask`, from a child; a device asks about its own tasks only.
    virtual void on_request(Session& session, const wire::Envelope& envelope) = 0;
    /// Why a child that has worked for a version cannot be here, or "".
    virtual std::string too_new(Version /*newest*/) const { return {}; }
  };
  struct Counters {
    std::uint64_t accepted = 0, resumed = 0, joined = 0, refused = 0, failed = 0;
    std::uint64_t received_bytes = 0, sent_bytes = 0;  ///< of frames, of connections that have ended
  };

  /// Listens at once. Throws RequestError when the address cannot be listened on.
  Children(boost::asio::io_context& context, const Address& listen, const TlsContext& tls, const NodeClock& clock,
           const Log& log, SessionLimits limits, User& user);
  ~Children() override;

  void send(NodeId child, const Message& message);
  void send(NodeId child, const wire::Envelope& envelope);
  void broadcast(const wire::Envelope& envelope);
  /// To a connection that may have gone meanwhile, by its number.
  void answer(std::uint64_t session, const wire::Envelope& envelope);
  void drop(const TaskId& task);
  /// Closes the connections whose certificates are revoked.
  void check_revocations(const TlsContext& tls);
  /// Tells those that follow, now and when they connect, of the newest model.
  void announce(Version version);
  std::size_t followers() const;
  bool follows(NodeId child) const;
  /// Whether a model for use is on its way to the child.
  bool sends_model(NodeId child) const;
  /// Takes no more bytes from anybody, or goes on: what comes in faster than the disk takes it waits at its senders.
  void pause_reading(bool paused);
  bool paused() const { return paused_; }
  /// Accepts nobody any more and lets go of all.
  void close_all();

  bool connected(NodeId node) const { return by_node_.count(node) > 0; }
  std::size_t connected() const { return by_node_.size(); }
  /// Devices that are connected to this node or below its fog nodes.
  std::uint64_t devices() const { return devices_; }
  std::uint16_t port() const;
  Counters counters() const;

 private:
  struct Child {
    std::unique_ptr<Session> session;
    SteadyTime accepted;
    bool welcomed = false;
    std::optional<NodeId> node;  // once it is greeted
    std::uint64_t devices = 0;   // below it
    bool follows = false;        // wants to hear of new models
    SteadyTime asked{};          // what became of a task
  };
  /// What a connection that broke leaves for the next one of the same node.
  struct Held {
    Incomings incoming;
    Outbox::Unfinished outgoing;
    SteadyTime since;
  };

  void accept();
  void add(Tcp::socket socket);
  void tick();
  void on_hello(Session& session, const wire::Envelope& envelope);
  void on_ready(Session& session, const wire::Envelope& envelope);
  void join(Session& session, const wire::Ready& ready);
  void tell_newest(Session& session);
  static bool may_ask(Child& child, DeviceIndex about);
  void forget(Child& child);
  void hold(NodeId node, Session& session);
  void count_devices(Child& child, std::uint64_t devices);
  void refuse(Session& session, RefusalCode code, const std::string& text, std::chrono::seconds retry_after);

  Time now() const override { return clock_.now(); }
  void on_secured(Session& session) override;
  void on_envelope(Session& session, const wire::Envelope& envelope) override;
  void on_message(Session& session, Message message) override;
  void on_closed(Session& session, const std::string& why) override;

  boost::asio::io_context& context_;
  Tcp::acceptor acceptor_;
  boost::asio::steady_timer ticker_;
  const TlsContext& tls_;
  const NodeClock& clock_;
  const Log& log_;
  SessionLimits limits_;
  User& user_;
  std::map<Session*, Child> sessions_;
  std::map<std::uint64_t, Session*> by_id_;
  std::map<NodeId, Session*> by_node_;
  std::map<NodeId, Held> held_;
  std::vector<std::unique_ptr<Session>> ended_;  // freed when nothing of theirs runs any more
  std::uint64_t devices_ = 0;
  std::optional<Version> newest_model_;
  Counters counters_;
  std::uint64_t last_id_ = 0;
  bool paused_ = false;
  bool leaving_ = false;
};

/// The devices of a federation whose connection to this node is up.
class ConnectedDevices final : public Population {
 public:
  /// `children` may be made later.
  ConnectedDevices(std::uint64_t devices, const std::unique_ptr<Children>& children)
      : devices_(devices), children_(children) {}
  std::uint64_t size() const override { return devices_; }
  bool available(DeviceIndex device) const override { return children_->connected(NodeId::device(device)); }

 private:
  std::uint64_t devices_;
  const std::unique_ptr<Children>& children_;
};

}  // namespace brume::net
