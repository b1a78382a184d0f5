// How fast one connection carries updates of 1 MB, decoded at the other end, beside OpenSSL alone over the same kind of
// socket in the same run.
//
//   throughput [SECONDS]
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <thread>

#include "brume/error.hpp"
#include "net/authority.hpp"
#include "net/parent.hpp"
#include "net/program.hpp"
#include "net/wire.pb.h"

namespace {

using namespace brume;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kUpdateBytes = 1 << 20;
constexpr int kInFlight = 4;  // updates that wait for `stored`

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// ---- OpenSSL alone ------------------------------------------------------------------------------------------------

std::pair<net::Tcp::socket, net::Tcp::socket> connected_pair(boost::asio::io_context& context) {
  net::Tcp::acceptor acceptor(context, net::Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  net::Tcp::socket one(context);
  one.connect(acceptor.local_endpoint());
  return {std::move(one), acceptor.accept()};
}

void complete(net::TlsSocket& socket) {
  while (socket.handshake() != net::TlsSocket::Result::done) {
  }
}

double openssl_alone(const net::TlsContext& server, const net::TlsContext& client, double seconds) {
  boost::asio::io_context context;
  auto [below, above] = connected_pair(context);
  std::atomic<bool> stop{false};
  std::thread sender([&, descriptor = below.native_handle()] {
    net::TlsSocket socket(client, descriptor);
    complete(socket);
    const Bytes chunk(net::kFullFrame);
    while (!stop && socket.write(chunk) == net::TlsSocket::Result::done) {
    }
  });
  net::TlsSocket socket(server, above.native_handle());
  complete(socket);
  Bytes buffer(net::kFullFrame);
  std::uint64_t bytes = 0;
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    std::size_t count = 0;
    if (socket.read(buffer, count) != net::TlsSocket::Result::done) throw Error("the connection broke");
    bytes += count;
  }
  const double rate = static_cast<double>(bytes) / seconds_since(start);
  stop = true;
  above.close();  // ends a write that waits
  sender.join();
  return rate;
}

// ---- A session -----------------------------------------------------------------------------------------------------

const MessageLimits kLimits{2 * kUpdateBytes, 1 << 16};

class Receiver final : public net::Children::User {
 public:
  std::unique_ptr<net::Children> children;
  std::uint64_t bytes = 0;

  std::string not_ready() const override { return {}; }
  std::string no_member(NodeId /*node*/) const override { return {}; }
  void welcome(NodeId /*node*/, const std::string& known, wire::Welcome& welcome) const override {
    welcome.set_contract_digest(known);
  }
  Digest layout() const override { return {}; }
  MessageLimits limits(NodeId::Role /*sender*/) const override { return kLimits; }
  void on_joined(const Joined& /*child*/) override {}
  void on_left(NodeId /*child*/) override {}
  void on_message(NodeId child, Message message) override {
    bytes += payload_bytes(message);
    children->send(child, StoredMessage{task_of(message)});
  }
  void on_certificate_request(net::Session& /*session*/, const wire::Envelope& /*envelope*/) override {}
  void on_request(net::Session& /*session*/, const wire::Envelope& /*envelope*/) override {}
};

class Sender final : public net::Parent::User {
 public:
  std::unique_ptr<net::Parent> parent;

  Sender() {
    Stream random(1, Purpose::plugin);
    auto bytes = std::make_shared<Bytes>(kUpdateBytes);
    for (auto& byte : *bytes) byte = static_cast<std::byte>(random.next());
    frame_ = std::move(bytes);
  }
  std::string contract_digest() const override { return "the same"; }
  void on_contract(const wire::Welcome& /*welcome*/) override {}
  void on_welcome(const wire::Welcome& /*welcome*/) override {}
  void describe(wire::Ready& ready) const override { ready.set_layout_digest(std::string(32, '\0')); }
  std::string no_parent(NodeId /*node*/) const override { return {}; }
  MessageLimits limits() const override { return kLimits; }
  void on_joined() override {
    for (int i = 0; i < kInFlight; ++i) send();
  }
  void on_left() override {}
  void on_message(Message /*message*/) override { send(); }
  void on_envelope(const wire::Envelope& /*envelope*/) override {}
  bool on_refused(const wire::Refusal& refusal) override { throw Error("refused: " + refusal.text()); }

 private:
  void send() { parent->send(UpdateMessage{{++version_, 0, 0}, {{"delta", frame_}}, {}, 1, 1, 1, Duration(1)}); }
  Frame frame_;
  Version version_ = 0;
};

double through_a_session(const net::TlsContext& server, const net::TlsContext& client, double seconds) {
  const net::NodeClock clock(Time{});
  const net::Log log(net::Log::Level::error);
  boost::asio::io_context above;
  boost::asio::io_context below;
  Receiver receiver;
  receiver.children =
      std::make_unique<net::Children>(above, net::Address{"127.0.0.1", "0"}, server, clock, log, net::SessionLimits{},
                                      static_cast<net::Children::User&>(receiver));
  Sender sender;
  sender.parent = std::make_unique<net::Parent>(
      below, std::vector<net::Address>{{"127.0.0.1", std::to_string(receiver.children->port())}}, std::nullopt, client,
      clock, log, net::SessionLimits{}, static_cast<net::Parent::User&>(sender));
  sender.parent->start();
  std::thread thread([&] { below.run(); });
  while (receiver.bytes == 0) above.run_one();
  receiver.bytes = 0;
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) above.run_one_for(std::chrono::milliseconds(10));
  const double rate = static_cast<double>(receiver.bytes) / seconds_since(start);
  boost::asio::post(below, [&] { sender.parent->close(); });
  thread.join();
  receiver.children->close_all();
  above.run();
  return rate;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void run(double seconds) {
  std::signal(SIGPIPE, SIG_IGN);
  net::keep_freed_memory();
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("brume_throughput_{}", getpid());
  net::Authority::create(folder / "pki", "bench");
  net::Authority authority(folder / "pki");
  authority.issue(NodeId::cloud(), "cloud", 10, folder);
  authority.issue(NodeId::device(0), "device", 10, folder);
  const auto files = [&](const std::string& name) {
    return net::TlsFiles{authority.root(), folder / (name + ".pem"), folder / (name + ".key"), {}};
  };
  const net::TlsContext server(net::TlsContext::Side::server, files("cloud"));
  const net::TlsContext client(net::TlsContext::Side::client, files("device"));
  std::vector<double> alone, session, ratio;
  for (int i = 0; i < 5; ++i) {
    alone.push_back(openssl_alone(server, client, seconds));
    session.push_back(through_a_session(server, client, seconds));
    ratio.push_back(session.back() / alone.back());
    fmt::print("OpenSSL alone {:.0f} MB/s, a session {:.0f} MB/s: {:.2f}\n", alone.back() / 1e6, session.back() / 1e6,
               ratio.back());
  }
  fmt::print("medians: OpenSSL alone {:.0f} MB/s, a session {:.0f} MB/s, ratio {:.2f}\n", median(alone) / 1e6,
             median(session) / 1e6, median(ratio));
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? std::stod(argv[1]) : 2);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "throughput: {}\n", error.what());
    return 1;
  }
}
