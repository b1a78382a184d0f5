// Thousands of light clients in one process, against an aggregator or fog node in another; bench/load.py drives it.
// Prints one JSON object a line: the handshake rate of OpenSSL alone, then how many clients are connected, twice a
// second.
//
//   load PKI HOST:PORT DEVICES [STALLED]   STALLED sockets connect besides and never say a word
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <ctime>
#include <deque>
#include <fstream>

#include "bench/load_client.hpp"
#include "brume/error.hpp"
#include "net/authority.hpp"

namespace {

using namespace brume;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

net::TlsFiles files_for(const net::Authority& authority, const std::filesystem::path& folder, NodeId node,
                        const net::Issuer& issuer) {
  const auto file = folder / (std::to_string(static_cast<int>(node.role)) + "-" + std::to_string(node.index) + ".pem");
  const auto key = net::make_key();
  std::ofstream(file) << net::issue_chain(node, "load", 10, net::public_key_of(key), issuer) << key;
  return {authority.root(), file, file, {}};
}

// Full mutual handshakes through a pair of sockets; only what the server does is timed.
double handshakes_a_second(const net::TlsFiles& server_files, const net::TlsFiles& client_files, int count) {
  const net::TlsContext server(net::TlsContext::Side::server, server_files);
  double seconds = 0;
  for (int i = 0; i < count; ++i) {
    const net::TlsContext client(net::TlsContext::Side::client, client_files);  // remembers no session
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) throw Error("no sockets");
    {
      double started = cpu_seconds();
      net::TlsSocket a(server, pair[0]);
      seconds += cpu_seconds() - started;
      net::TlsSocket b(client, pair[1]);
      auto result = net::TlsSocket::Result::want_read;
      for (int step = 0; step < 10 && result != net::TlsSocket::Result::done; ++step) {
        (void)b.handshake();
        started = cpu_seconds();
        result = a.handshake();
        seconds += cpu_seconds() - started;
      }
      started = cpu_seconds();
      if (!a.peer()) throw Error("a handshake failed");
      seconds += cpu_seconds() - started;
    }
    close(pair[0]);
    close(pair[1]);
  }
  return count / seconds;
}

std::deque<net::Tcp::socket> stall(boost::asio::io_context& context, const net::Address& address, std::size_t count) {
  std::deque<net::Tcp::socket> sockets;
  const auto found = net::Tcp::resolver(context).resolve(address.host, address.port);
  for (std::size_t i = 0; i < count; ++i) {
    sockets.emplace_back(context);
    sockets.back().connect(found.begin()->endpoint());
  }
  return sockets;
}

int run(const std::filesystem::path& pki, const net::Address& address, std::uint64_t devices, std::size_t stalled) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  std::signal(SIGPIPE, SIG_IGN);
  const net::Authority authority(pki);
  const auto issuer = authority.issuer();
  const auto folder = pki / "load";
  std::filesystem::create_directories(folder);
  boost::asio::io_context context;
  const net::NodeClock clock(Time{});
  const net::Log log(net::Log::Level::error);
  bench::Answers answers;
  bench::LightClient::Counters counters;
  std::deque<bench::LightClient> clients;
  for (std::uint64_t i = 0; i < devices; ++i)
    clients.emplace_back(context, address,
                         std::make_unique<net::TlsContext>(net::TlsContext::Side::client,
                                                           files_for(authority, folder, NodeId::device(i), issuer)),
                         clock, log, answers, counters);
  const auto server_files = files_for(authority, folder, NodeId::cloud(), issuer);
  const auto client_files = files_for(authority, folder, NodeId::device(0), issuer);
  fmt::print("{{\"crypto_only_handshakes\": {:.0f}}}\n", handshakes_a_second(server_files, client_files, 500));
  std::fflush(stdout);
  const auto sockets = stall(context, address, stalled);
  clients.front().start();  // learns the contract for all: each of the others shakes hands once
  while (counters.connected == 0) context.run_one();
  const auto started = std::chrono::steady_clock::now();
  for (auto client = std::next(clients.begin()); client != clients.end(); ++client) client->start();
  boost::asio::steady_timer timer(context);
  std::function<void()> report = [&] {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    fmt::print("{{\"seconds\": {:.3f}, \"connected\": {}, \"joined\": {}, \"stored\": {}, \"included\": {}}}\n",
               seconds, counters.connected, counters.joined, counters.stored, counters.included);
    std::fflush(stdout);
    timer.expires_after(std::chrono::milliseconds(100));
    timer.async_wait([&](const boost::system::error_code& failure) {
      if (!failure) report();
    });
  };
  report();
  context.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 || argc == 5)
      return run(argv[1], net::parse_address(argv[2]), std::stoull(argv[3]), argc == 5 ? std::stoull(argv[4]) : 0);
    fmt::print(stderr, "usage: load PKI HOST:PORT DEVICES [STALLED]\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "load: {}\n", error.what());
    return 1;
  }
  return 2;
}
