#include "net/channel.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <boost/asio/post.hpp>

#include "brume/error.hpp"

namespace brume::net {

namespace {

constexpr int kUnsentInKernel = 128 << 10;    // so that a ping is not behind megabytes of a transfer
constexpr std::size_t kReadTurn = 256 << 10;  // then others have their turn
constexpr int kWriteTurn = 16;                // frames
constexpr auto kLastWords = std::chrono::seconds(5);

void prepare(Tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(Tcp::no_delay(true), ignored);
  const int unsent = kUnsentInKernel;
  setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

std::string address_of(const Tcp::socket& socket) {
  boost::system::error_code failure;
  const auto endpoint = socket.remote_endpoint(failure);
  return failure ? "an unknown address" : fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

}  // namespace

Channel::Channel(Tcp::socket socket, const TlsContext& context, Patience patience)
    : socket_(std::move(socket)),
      patience_(patience),
      address_(address_of(socket_)),
      parser_(kMostBeforeWelcome),
      started_(std::chrono::steady_clock::now()),
      last_received_(started_),
      stalled_since_(started_) {
  prepare(socket_);
  tls_.emplace(context, socket_.native_handle());
}

void Channel::start(User& user) {
  user_ = &user;
  guarded([this] { shake_hands(); });
}

// Whatever a step throws ends this channel and no other.
template <class Step>
void Channel::guarded(const Step& step) {
  try {
    step();
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void Channel::wait(boost::asio::socket_base::wait_type what) {
  const bool to_read = what == boost::asio::socket_base::wait_read;
  bool& waiting = to_read ? reading_ : writing_;
  if (waiting || !user_) return;
  waiting = true;
  socket_.async_wait(what, [self = shared_from_this(), to_read](const boost::system::error_code& failure) {
    (to_read ? self->reading_ : self->writing_) = false;
    if (!self->user_) return;
    if (failure) return self->fail(failure.message());
    self->guarded([&] {
      if (!self->secured_) return self->shake_hands();
      if (!to_read) self->write();
      self->read();  // after a write too: TLS may have had to write before it could read on
    });
  });
}

void Channel::shake_hands() {
  const auto result = tls_->handshake();
  if (result == TlsSocket::Result::want_read) return wait(boost::asio::socket_base::wait_read);
  if (result == TlsSocket::Result::want_write) return wait(boost::asio::socket_base::wait_write);
  if (result == TlsSocket::Result::closed) return fail("the peer closed the connection during the handshake");
  secured_ = true;
  peer_ = tls_->peer();
  last_received_ = stalled_since_ = std::chrono::steady_clock::now();
  user_->on_secured();
  if (!user_) return;
  write();
  read();
}

// All channels of a thread read into one buffer: a frame that is complete in it is not copied.
void Channel::read() {
  if (!user_ || paused_ || reading_) return;
  thread_local Bytes buffer(kFullFrame);
  for (std::size_t taken = 0; taken < kReadTurn && user_ && !paused_;) {
    std::size_t count = 0;
    const auto result = tls_->read(buffer, count);
    if (result == TlsSocket::Result::closed) return fail("the peer closed the connection");
    if (result == TlsSocket::Result::want_write) return wait(boost::asio::socket_base::wait_write);
    if (result == TlsSocket::Result::want_read) return wait(boost::asio::socket_base::wait_read);
    taken += count;
    counters_.received += count;
    last_received_ = std::chrono::steady_clock::now();
    parser_.feed(std::span(buffer).first(count), [this](const FrameView& frame) {
      if (user_ && !closing_) user_->on_frame(frame);
    });
  }
  if (user_ && !paused_ && !reading_) read_soon();
}

// OpenSSL may hold bytes that no wait would report.
void Channel::read_soon() {
  reading_ = true;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->reading_ = false;
    if (self->user_) self->guarded([&] { self->read(); });
  });
}

void Channel::pause_reading(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  last_received_ = std::chrono::steady_clock::now();
  if (!paused && secured_ && user_ && !reading_) read_soon();
}

// Never at once: whoever sends must not find its session gone when the call returns.
void Channel::wake() {
  if (secured_ && user_ && !writing_) write_soon();
}

void Channel::write_soon() {
  writing_ = true;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->writing_ = false;
    if (self->user_) self->guarded([&] { self->write(); });
  });
}

void Channel::write() {
  for (int i = 0; i < kWriteTurn; ++i)
    if (!user_ || !write_one()) return;
  if (!writing_) write_soon();
}

bool Channel::write_one() {
  if (out_.empty()) {
    stalled_since_ = std::chrono::steady_clock::now();
    if (!user_->next_output(out_)) {
      if (closing_) fail(*closing_);
      out_ = {};
      return false;
    }
  }
  const auto result = tls_->write(out_);
  if (result == TlsSocket::Result::closed) return fail("the peer closed the connection"), false;
  if (result != TlsSocket::Result::done) {
    wait(result == TlsSocket::Result::want_read ? boost::asio::socket_base::wait_read
                                                : boost::asio::socket_base::wait_write);
    return false;
  }
  counters_.sent += out_.size();
  out_.clear();
  return true;
}

void Channel::close_when_sent(std::string why) {
  if (!user_ || closing_) return;
  closing_ = std::move(why);
  started_ = std::chrono::steady_clock::now();
  wake();
}

void Channel::check_deadlines(SteadyTime now) {
  if (!user_) return;
  if (closing_ && now - started_ > kLastWords) return fail(*closing_);
  if (!secured_ && now - started_ > patience_.handshake) return fail("the handshake took too long");
  if (!secured_) return;
  if (!paused_ && now - last_received_ > patience_.silence)
    return fail(fmt::format("nothing was heard from the peer for {} s", patience_.silence.count()));
  if (!out_.empty() && now - stalled_since_ > patience_.stalled)
    fail(fmt::format("the peer took nothing for {} s", patience_.stalled.count()));
}

void Channel::close() {
  user_ = nullptr;
  if (tls_) tls_->close_notify();
  tls_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Channel::fail(const std::string& why) {
  auto* user = user_;
  if (!user) return;
  const auto self = shared_from_this();  // the user may let go of this
  close();
  user->on_closed(why);
}

}  // namespace brume::net
