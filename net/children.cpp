#include "net/children.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "brume/error.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr auto kGreeting = std::chrono::seconds(30);
constexpr auto kHold = std::chrono::minutes(10);
constexpr std::uint64_t kMostHeldBytes = 256 << 20;
constexpr auto kRetryAcceptAfter = std::chrono::milliseconds(100);  // when descriptors have run out
constexpr std::size_t kMostUngreeted = 12'000;

std::uint64_t bytes_of(const Incomings& incoming) {
  std::uint64_t bytes = 0;
  for (const auto& [key, one] : incoming) bytes += one.there();
  return bytes;
}

}  // namespace

Children::Children(boost::asio::io_context& context, const Address& listen, const TlsContext& tls,
                   const NodeClock& clock, const Log& log, SessionLimits limits, User& user)
    : context_(context),
      acceptor_(context),
      ticker_(context),
      tls_(tls),
      clock_(clock),
      log_(log),
      limits_(limits),
      user_(user) {
  try {
    const auto found = Tcp::resolver(context).resolve(listen.host, listen.port, Tcp::resolver::passive);
    const Tcp::endpoint endpoint = *found.begin();
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(Tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(4096);
  } catch (const boost::system::system_error& error) {
    throw RequestError(fmt::format("cannot listen on {}:{}: {}", listen.host, listen.port, error.code().message()));
  }
  accept();
  tick();
}

Children::~Children() = default;

std::uint16_t Children::port() const { return acceptor_.local_endpoint().port(); }

void Children::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& failure, Tcp::socket socket) {
    if (failure == boost::asio::error::operation_aborted || leaving_) return;
    if (!failure) {
      add(std::move(socket));
      return accept();
    }
    auto pause = std::make_shared<boost::asio::steady_timer>(context_, kRetryAcceptAfter);
    pause->async_wait([this, pause](const boost::system::error_code& cancelled) {
      if (!cancelled) accept();
    });
  });
}

void Children::add(Tcp::socket socket) {
  ++counters_.accepted;
  if (sessions_.size() - by_node_.size() >= kMostUngreeted) return;  // closed: it will come back
  try {
    auto session =
        std::make_unique<Session>(++last_id_, std::move(socket), tls_, limits_, static_cast<Session::Owner&>(*this));
    auto* key = session.get();
    by_id_[key->id()] = key;
    sessions_.emplace(key, Child{std::move(session), std::chrono::steady_clock::now(), false, std::nullopt, 0});
    key->start();
  } catch (const Error& error) {
    log_.warning("connection failed", {{"why", error.what()}});
  }
}

void Children::tick() {
  if (leaving_) return;  // a cancelled timer may have expired before
  const auto now = std::chrono::steady_clock::now();
  ended_.clear();
  std::vector<Session*> sessions;
  for (const auto& [session, child] : sessions_) sessions.push_back(session);
  for (auto* session : sessions) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) continue;
    if (!found->second.node && now - found->second.accepted > kGreeting) {
      refuse(*session, RefusalCode::too_slow, "the greeting took too long", std::chrono::seconds(5));
    }
    session->tick(now);
  }
  std::erase_if(held_, [&](const auto& entry) { return now - entry.second.since > kHold; });
  ticker_.expires_after(std::chrono::seconds(1));
  ticker_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure) tick();
  });
}

void Children::count_devices(Child& child, std::uint64_t devices) {
  devices_ += devices - std::exchange(child.devices, devices);
}

void Children::on_message(Session& session, Message message) {
  const auto found = sessions_.find(&session);
  if (found != sessions_.end() && found->second.node) user_.on_message(*found->second.node, std::move(message));
}

// The node is not there any more; what it left unfinished is kept for its next connection.
void Children::forget(Child& child) {
  if (!child.node) return;
  const NodeId node = *std::exchange(child.node, std::nullopt);
  count_devices(child, 0);
  by_node_.erase(node);
  hold(node, *child.session);
  user_.on_left(node);
  user_.on_census();
}

void Children::hold(NodeId node, Session& session) {
  Held held{session.release_incoming(), session.unfinished(), std::chrono::steady_clock::now()};
  std::uint64_t total = bytes_of(held.incoming);
  for (const auto& [other, one] : held_) total += bytes_of(one.incoming);
  if (total > kMostHeldBytes) held.incoming.clear();
  if (!held.incoming.empty() || !held.outgoing.empty()) held_[node] = std::move(held);
}

void Children::on_closed(Session& session, const std::string& why) {
  auto entry = sessions_.extract(&session);
  if (entry.empty()) return;
  auto& child = entry.mapped();
  by_id_.erase(session.id());
  counters_.received_bytes += session.channel().counters().received;
  counters_.sent_bytes += session.channel().counters().sent;
  if (child.node) {
    log_.info("left", {{"node", session.name()}, {"why", why}});
  } else {
    ++counters_.failed;
    log_.warning("connection ended", {{"node", session.name()}, {"why", why}});
  }
  forget(child);
  ended_.push_back(std::move(child.session));
}

// ---- What the node asks for ---------------------------------------------------------------------------------------

void Children::send(NodeId child, const Message& message) {
  const auto found = by_node_.find(child);
  if (found != by_node_.end()) found->second->send(message);
}

void Children::send(NodeId child, const wire::Envelope& envelope) {
  const auto found = by_node_.find(child);
  if (found != by_node_.end()) found->second->send(envelope);
}

void Children::answer(std::uint64_t session, const wire::Envelope& envelope) {
  if (const auto found = by_id_.find(session); found != by_id_.end()) found->second->send(envelope);
}

void Children::broadcast(const wire::Envelope& envelope) {
  for (const auto& [node, session] : by_node_) session->send(envelope);
}

// Tasks of devices that are not connected here have nothing on its way.
void Children::drop(const TaskId& task) {
  const auto found = by_node_.find(NodeId::device(task.device));
  if (found != by_node_.end()) found->second->drop(task);
}

void Children::check_revocations(const TlsContext& tls) {
  std::vector<Session*> out;
  for (const auto& [session, child] : sessions_)
    if (session->peer() && tls.revoked(session->peer()->serial)) out.push_back(session);
  for (auto* session : out)
    refuse(*session, RefusalCode::revoked, "the certificate is revoked", std::chrono::seconds(0));
}

void Children::announce(Version version) {
  newest_model_ = version;
  for (const auto& [node, session] : by_node_)
    if (sessions_.at(session).follows) tell_newest(*session);
}

void Children::tell_newest(Session& session) {
  if (!newest_model_) return;
  wire::Envelope envelope;
  envelope.mutable_current()->set_version(*newest_model_);
  session.send(envelope);
}

std::size_t Children::followers() const {
  return static_cast<std::size_t>(
      std::count_if(sessions_.begin(), sessions_.end(), [](const auto& entry) { return entry.second.follows; }));
}

bool Children::follows(NodeId child) const {
  const auto found = by_node_.find(child);
  return found != by_node_.end() && sessions_.at(found->second).follows;
}

bool Children::sends_model(NodeId child) const {
  const auto found = by_node_.find(child);
  return found != by_node_.end() && found->second->sends_model();
}

void Children::pause_reading(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  for (const auto& [node, session] : by_node_) session->pause_reading(paused);
}

void Children::close_all() {
  leaving_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  ticker_.cancel();
  by_node_.clear();
  by_id_.clear();
  for (auto& [session, child] : sessions_) {  // one of them may be calling
    child.session->close();
    ended_.push_back(std::move(child.session));
  }
  sessions_.clear();
  devices_ = 0;
}

Children::Counters Children::counters() const {
  auto counters = counters_;
  for (const auto& [session, child] : sessions_) {
    counters.received_bytes += session->channel().counters().received;
    counters.sent_bytes += session->channel().counters().sent;
  }
  return counters;
}

}  // namespace brume::net
