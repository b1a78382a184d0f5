#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "net/framing.hpp"
#include "net/tls.hpp"

namespace brume::net {

using Tcp = boost::asio::ip::tcp;
using SteadyTime = std::chrono::steady_clock::time_point;

/// When a connection is given up.
struct Patience {
  std::chrono::seconds handshake{10};
  std::chrono::seconds silence{45};  ///< nothing has come, although pings are answered
  std::chrono::seconds stalled{45};  ///< nothing of what is to be sent has gone
};

/// Frames over TLS over a connected socket. Reading and writing go on by themselves, as far as the user has something
/// to send. Lives on one io_context's thread; its handlers keep it alive until it is closed.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void on_secured() = 0;                       ///< the handshake is over; `peer` is known
    virtual void on_frame(const FrameView& frame) = 0;   ///< may throw FormatError: closes
    virtual bool next_output(Bytes& out) = 0;            ///< appends one frame to send, or false
    virtual void on_closed(const std::string& why) = 0;  ///< the last call
  };
  struct Counters {
    std::uint64_t received = 0;  ///< bytes of frames
    std::uint64_t sent = 0;
  };

  Channel(Tcp::socket socket, const TlsContext& context, Patience patience);

  /// `user` outlives the channel or its closing.
  void start(User& user);
  /// There is something to send.
  void wake();
  /// Stops or goes on taking bytes: what is not read holds the sender up.
  void pause_reading(bool paused);
  /// At once, without a call of on_closed; what was not sent is lost.
  void close();
  /// After what `next_output` still gives has gone, or soon.
  void close_when_sent(std::string why);
  /// To be called about once a second.
  void check_deadlines(SteadyTime now);

  void set_most_payload(std::size_t most) { parser_.set_most(most); }
  const std::optional<Identity>& peer() const { return peer_; }
  const std::string& address() const { return address_; }
  const Counters& counters() const { return counters_; }
  bool resumed() const { return tls_ && tls_->resumed(); }
  bool secured() const { return secured_; }

 private:
  void shake_hands();
  void wait(boost::asio::socket_base::wait_type what);
  void read();
  void read_soon();
  void write();
  void write_soon();
  bool write_one();
  void fail(const std::string& why);
  template <class Step>
  void guarded(const Step& step);

  Tcp::socket socket_;
  std::optional<TlsSocket> tls_;
  Patience patience_;
  User* user_ = nullptr;
  std::optional<Identity> peer_;
  std::string address_;
  FrameParser parser_;
  Bytes out_;  // a frame that is being written
  bool secured_ = false;
  bool reading_ = false;  // a wait is under way
  bool writing_ = false;
  bool paused_ = false;
  std::optional<std::string> closing_;
  SteadyTime started_;
  SteadyTime last_received_;
  SteadyTime stalled_since_;
  Counters counters_;
};

}  // namespace brume::net
