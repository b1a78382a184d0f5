// Version 1 of the protocol as it was spoken: what a child said then is said again to today's parent, whose answers
// must be those of then, byte for byte. tests/golden/wire-v1.txt is never written anew; another version has another
// file.
//
// BRUME_RECORD=FILE writes what today's programs say in its place.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "brume/error.hpp"
#include "net/authority.hpp"
#include "net/children.hpp"
#include "net/framing.hpp"
#include "net/wire.pb.h"

namespace brume::net {
namespace {

Frame frame_of(std::size_t bytes) {
  auto frame = std::make_shared<Bytes>(bytes);
  for (std::size_t i = 0; i < bytes; ++i) (*frame)[i] = static_cast<std::byte>(i * 7 + i / 256);
  return frame;
}

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text.push_back(kDigits[std::to_integer<unsigned>(byte) >> 4]);
    text.push_back(kDigits[std::to_integer<unsigned>(byte) & 15]);
  }
  return text;
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

// A parent whose answers depend on nothing but what it is told.
class Scripted final : public Children::User {
 public:
  Children* children = nullptr;

  std::string not_ready() const override { return {}; }
  std::string no_member(NodeId /*node*/) const override { return {}; }
  void welcome(NodeId /*node*/, const std::string& known, wire::Welcome& welcome) const override {
    welcome.set_contract_digest(std::string(32, 'd'));
    if (known == welcome.contract_digest()) return;
    welcome.set_contract("federation: {name: transcript}\n");
    welcome.set_federation_id(std::string(16, 'i'));
    const Layout layout({{"w", {3, 2}, TensorRole::trainable}, {"mean", {2}, TensorRole::buffer}});
    put_layout(layout, welcome);
  }
  Digest layout() const override { return {}; }
  MessageLimits limits(NodeId::Role /*sender*/) const override { return {1 << 20, 1 << 14}; }
  void on_joined(const Joined& child) override {
    children->send(child.node, TaskMessage{{3, 17, 0}, kNever, frame_of(60), {{"control", frame_of(9)}}, 2});
    children->send(child.node, TaskMessage{{4, 17, 1}, kNever, frame_of(20'000)});
  }
  void on_left(NodeId /*child*/) override {}
  void on_message(NodeId child, Message message) override {
    const auto task = task_of(message);
    if (std::holds_alternative<UpdateMessage>(message)) {
      children->send(child, StoredMessage{task});
      children->send(child, SettledMessage{task, Outcome::included});
    } else if (std::holds_alternative<FailedMessage>(message)) {
      children->send(child, SettledMessage{task, Outcome::failed});
      children->send(child, RepeatMessage{{2, 17, 0}});
    } else if (std::holds_alternative<AcknowledgedMessage>(message)) {
      children->announce(5);
    }
  }
  void on_certificate_request(Session& /*session*/, const wire::Envelope& /*envelope*/) override {}
  void on_request(Session& session, const wire::Envelope& envelope) override {
    if (envelope.has_fetch()) return children->send(session.peer()->node, ModelMessage{5, frame_of(30)});
    wire::Envelope answer;
    *answer.mutable_verdict()->mutable_task() = envelope.ask().task();
    answer.mutable_verdict()->set_settled(true);
    answer.mutable_verdict()->set_outcome(1);
    session.send(answer);
  }
};

// What one side says until the other answers.
struct Turn {
  Bytes up, down;
};

void append(const wire::Envelope& envelope, Bytes& out) { append_envelope(envelope.SerializeAsString(), out); }

void append(const Message& message, Bytes& out) {
  Outbox outbox;
  outbox.send(message, Time{});
  while (outbox.next(out, Time{})) {
  }
}

// What a child says today, turn by turn.
std::vector<Bytes> spoken_today() {
  std::vector<Bytes> turns(6);
  wire::Envelope hello;
  hello.mutable_hello()->set_first_protocol(1);
  hello.mutable_hello()->set_last_protocol(1);
  hello.mutable_hello()->set_software("brume");
  append(hello, turns[0]);
  wire::Envelope ready;
  ready.mutable_ready()->set_layout_digest(std::string(32, '\0'));
  ready.mutable_ready()->set_follows(true);
  append(ready, turns[1]);
  wire::Envelope ping;
  ping.mutable_ping()->set_number(1);
  append(ping, turns[2]);
  append(UpdateMessage{{3, 17, 0}, {{"delta", frame_of(50)}}, {{"steps", 3}}, 60, 0.5, 60, Duration(123)}, turns[2]);
  append(UpdateMessage{{4, 17, 1}, {{"delta", frame_of(20'000)}}, {}, 60, -0.5, 60, Duration(9)}, turns[3]);
  append(FailedMessage{{2, 17, 0}, "out of memory"}, turns[4]);
  append(AcknowledgedMessage{{3, 17, 0}}, turns[5]);
  wire::Envelope fetch;
  fetch.mutable_fetch();
  append(fetch, turns[5]);
  wire::Envelope ask;
  ask.mutable_ask()->mutable_task()->set_version(1);
  ask.mutable_ask()->mutable_task()->set_device(17);
  append(ask, turns[5]);
  return turns;
}

class Transcript : public testing::Test {
 protected:
  Transcript() {
    Authority::create(folder_ / "pki", "test");
    Authority authority(folder_ / "pki");
    authority.issue(NodeId::cloud(), "cloud", 10, folder_);
    authority.issue(NodeId::device(17), "device", 10, folder_);
  }
  ~Transcript() override { std::filesystem::remove_all(folder_); }
  TlsFiles files(const std::string& name) const {
    return {folder_ / "pki/root.pem", folder_ / (name + ".pem"), folder_ / (name + ".key"), {}};
  }

  // Says each turn and hears so many bytes, or, if they are not known, all until there is silence.
  std::vector<Turn> speak(std::vector<Turn> turns, bool recording) {
    const TlsContext server(TlsContext::Side::server, files("cloud"));
    const TlsContext client(TlsContext::Side::client, files("device"));
    const NodeClock clock(Time{});
    const Log log(Log::Level::error);
    boost::asio::io_context context;
    Scripted user;
    Children children(context, {"127.0.0.1", "0"}, server, clock, log, {}, static_cast<Children::User&>(user));
    user.children = &children;
    std::thread thread([&] { context.run(); });
    boost::asio::io_context own;
    Tcp::socket socket(own);
    socket.connect({boost::asio::ip::address_v4::loopback(), children.port()});
    TlsSocket tls(client, socket.native_handle());
    while (tls.handshake() != TlsSocket::Result::done) {
    }
    for (auto& turn : turns) {
      EXPECT_EQ(tls.write(turn.up), TlsSocket::Result::done);
      turn.down = hear(tls, socket, recording ? SIZE_MAX : turn.down.size());
    }
    boost::asio::post(context, [&] { children.close_all(); });
    thread.join();
    return turns;
  }

  static Bytes hear(TlsSocket& tls, Tcp::socket& socket, std::size_t expected) {
    Bytes heard;
    Bytes buffer(kFullFrame);
    socket.non_blocking(true);
    for (int silent = 0; silent < 200 && heard.size() < expected;) {
      std::size_t count = 0;
      const auto result = tls.read(buffer, count);
      heard.insert(heard.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
      silent = result == TlsSocket::Result::done ? 0 : silent + 1;
      if (result == TlsSocket::Result::closed) break;
      if (silent > 0) usleep(10'000);
    }
    socket.non_blocking(false);
    return heard;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("brume_transcript_" + std::to_string(getpid()));
};

std::vector<Turn> read_transcript(const std::filesystem::path& path) {
  std::vector<Turn> turns;
  std::ifstream in(path);
  std::string side, hex;
  while (in >> side >> hex) {
    if (side == "child") turns.push_back({from_hex(hex), {}});
    if (side == "parent" && !turns.empty()) turns.back().down = from_hex(hex);
  }
  return turns;
}

TEST_F(Transcript, TodaysParentAnswersAsThen) {
  const std::filesystem::path golden = BRUME_SOURCE_DIR "/tests/golden/wire-v1.txt";
  if (const char* record = std::getenv("BRUME_RECORD")) {
    std::vector<Turn> turns;
    for (auto& up : spoken_today()) turns.push_back({std::move(up), {}});
    std::ofstream out(record);
    for (const auto& turn : speak(std::move(turns), true))
      out << "child " << to_hex(turn.up) << "\nparent " << to_hex(turn.down) << "\n";
    GTEST_SKIP() << "recorded";
  }
  const auto then = read_transcript(golden);
  ASSERT_EQ(then.size(), 6U) << golden;
  const auto now = speak(then, false);
  for (std::size_t i = 0; i < then.size(); ++i) EXPECT_EQ(to_hex(now[i].down), to_hex(then[i].down)) << "turn " << i;
}

TEST_F(Transcript, TodaysChildSpeaksAsThen) {
  const auto then = read_transcript(BRUME_SOURCE_DIR "/tests/golden/wire-v1.txt");
  const auto now = spoken_today();
  ASSERT_EQ(then.size(), now.size());
  for (std::size_t i = 0; i < then.size(); ++i) EXPECT_EQ(to_hex(now[i]), to_hex(then[i].up)) << "turn " << i;
}

}  // namespace
}  // namespace brume::net
