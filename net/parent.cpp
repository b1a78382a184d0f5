#include "net/parent.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "brume/error.hpp"
#include "net/dial.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::chrono::milliseconds kFirstWait{1000};
constexpr std::chrono::milliseconds kLongestWait{15'000};
constexpr auto kConnect = std::chrono::seconds(10);
constexpr auto kGreeting = std::chrono::seconds(30);

}  // namespace

Parent::Parent(boost::asio::io_context& context, std::vector<Address> addresses, std::optional<Proxy> proxy,
               const TlsContext& tls, const NodeClock& clock, const Log& log, SessionLimits limits, User& user)
    : context_(context),
      addresses_(std::move(addresses)),
      proxy_(std::move(proxy)),
      tls_(tls),
      clock_(clock),
      log_(log),
      limits_(limits),
      user_(user),
      resolver_(context),
      socket_(context),
      dialler_(context),
      ticker_(context),
      chance_(std::random_device{}()) {
  tick();
}

Parent::~Parent() = default;

void Parent::dial() {
  if (closed_) return;
  ended_.reset();
  ++dials_;
  socket_ = Tcp::socket(context_);
  dialler_.expires_after(kConnect);
  dialler_.async_wait([this](const boost::system::error_code& cancelled) {
    boost::system::error_code ignored;
    if (cancelled || session_) return;
    resolver_.cancel();
    socket_.close(ignored);
  });
  const auto& address = addresses_[address_ % addresses_.size()];
  boost::asio::co_spawn(context_, net::dial(resolver_, socket_, address, proxy_),
                        [this](const std::exception_ptr& failure) {
                          if (closed_) return;
                          dialler_.cancel();
                          failure ? dial_later(problem_of(failure), {}) : begin();
                        });
}

void Parent::begin() {
  begun_ = std::chrono::steady_clock::now();
  try {
    session_ =
        std::make_unique<Session>(dials_, std::move(socket_), tls_, limits_, static_cast<Session::Owner&>(*this));
    session_->start();
  } catch (const Error& error) {
    session_.reset();
    dial_later(error.what(), {});
  }
}

// Full jitter: a fleet that lost its parent does not come back all at once (Brooker, "Exponential Backoff and Jitter",
// AWS Architecture Blog, 2015). The longest wait is as long as the parent has been away, which doubles from one attempt
// to the next at most, and never makes a short absence a long one, as counting attempts would.
void Parent::dial_later(const std::string& why, std::chrono::milliseconds at_least) {
  if (closed_) return;
  const auto& address = addresses_[address_ % addresses_.size()];
  if (attempts_ > 0) ++address_;  // it did not answer well once more
  if (why != last_problem_)
    log_.warning("parent not reached", {{"address", address.host + ":" + address.port}, {"why", why}});
  last_problem_ = why;
  const auto now = std::chrono::steady_clock::now();
  if (attempts_++ == 0) lost_ = now;
  const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(now - lost_);
  const auto most = std::clamp(away, kFirstWait, kLongestWait);
  std::uniform_int_distribution<std::int64_t> wait(0, most.count());
  dialler_.expires_after(at_least + std::chrono::milliseconds(wait(chance_)));
  dialler_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) dial();
  });
}

void Parent::tick() {
  if (closed_) return;  // a cancelled timer may have expired before
  const auto now = std::chrono::steady_clock::now();
  if (session_) session_->tick(now);
  if (session_ && !session_->is_open() && now - begun_ > kGreeting) end("the greeting took too long", {});
  ticker_.expires_after(std::chrono::seconds(1));
  ticker_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure) tick();
  });
}

void Parent::on_secured(Session& session) {
  if (!session.peer() || session.peer()->node.role == NodeId::Role::device)
    throw FormatError("whoever answers is neither an aggregator nor a fog node");
  if (const auto why = tls_.distrust(*session.peer()); !why.empty()) throw FormatError(why);
  if (const auto why = user_.no_parent(session.peer()->node); !why.empty()) throw FormatError(why);
  session.expect_contract();
  wire::Envelope envelope;
  auto& hello = *envelope.mutable_hello();
  hello.set_first_protocol(kProtocol);
  hello.set_last_protocol(kProtocol);
  hello.set_software("brume");
  hello.set_contract(user_.contract_digest());
  session.send(envelope);
}

void Parent::on_envelope(Session& /*session*/, const wire::Envelope& envelope) {
  if (envelope.has_welcome()) return on_welcome(envelope.welcome());
  if (envelope.has_refusal()) {
    const auto& refusal = envelope.refusal();
    const auto wait = std::chrono::seconds(std::min<std::uint32_t>(refusal.retry_after(), 3600));
    const bool for_good = refusal.retry_after() == 0;
    // One of several may be wrong about this node: it is out when all have refused it.
    if (for_good && ++refusals_ >= addresses_.size() && !user_.on_refused(refusal)) return close();
    if (for_good) ++address_;
    return end("refused: " + refusal.text(), wait);
  }
  user_.on_envelope(envelope);
}

void Parent::on_welcome(const wire::Welcome& welcome) {
  if (welcome.contract_digest().empty()) throw FormatError("a welcome names no contract");
  if (welcome.contract_digest() != user_.contract_digest()) {
    const auto copy = welcome;
    last_problem_ = "a contract has come";  // that is none
    end(last_problem_, {});
    attempts_ = 0;
    return user_.on_contract(copy);
  }
  user_.on_welcome(welcome);
  wire::Envelope envelope;
  user_.describe(*envelope.mutable_ready());
  session_->open(user_.limits(), std::exchange(outgoing_, {}), std::exchange(incoming_, {}));
  session_->send(envelope);
  attempts_ = 0;
  refusals_ = 0;
  last_problem_.clear();
  log_.info("connected", {{"parent", session_->name()}});
  user_.on_joined();
}

void Parent::on_message(Session& /*session*/, Message message) { user_.on_message(std::move(message)); }

void Parent::on_closed(Session& /*session*/, const std::string& why) {
  if (!session_) return;
  end(why, {});
}

void Parent::end(const std::string& why, std::chrono::milliseconds at_least) {
  const bool was_open = session_->is_open();
  received_bytes_ += session_->channel().counters().received;
  sent_bytes_ += session_->channel().counters().sent;
  session_->close();
  if (was_open) {
    incoming_ = session_->release_incoming();
    outgoing_ = session_->unfinished();
  }
  ended_ = std::move(session_);
  if (was_open) user_.on_left();
  dial_later(why, at_least);
}

void Parent::send(const Message& message) {
  if (session_) session_->send(message);
}

void Parent::send(const wire::Envelope& envelope) {
  if (connected()) session_->send(envelope);
}

void Parent::drop(const TaskId& task) {
  if (session_) session_->drop(task);
}

void Parent::check_revocations() {
  if (session_ && session_->peer() && tls_.revoked(session_->peer()->serial))
    end("the certificate of the node above is revoked", {});
}

void Parent::close() {
  closed_ = true;
  if (session_) session_->close();
  boost::system::error_code ignored;
  socket_.close(ignored);
  resolver_.cancel();
  dialler_.cancel();
  ticker_.cancel();
}

std::optional<Identity> Parent::identity() const { return connected() ? session_->peer() : std::nullopt; }

std::uint64_t Parent::received_bytes() const {
  return received_bytes_ + (session_ ? session_->channel().counters().received : 0);
}
std::uint64_t Parent::sent_bytes() const { return sent_bytes_ + (session_ ? session_->channel().counters().sent : 0); }

}  // namespace brume::net
