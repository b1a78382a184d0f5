#include "net/tls.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <thread>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "net/authority.hpp"

namespace brume::net {
namespace {

class Tls : public testing::Test {
 protected:
  Tls() {
    Authority::create(folder_ / "pki", "test");
    Authority::create(folder_ / "other", "test");
    issue("pki", NodeId::cloud(), "cloud");
    issue("pki", NodeId::fog(3), "fog");
    issue("pki", NodeId::device(17), "device");
    issue("other", NodeId::device(17), "stranger");
  }
  ~Tls() override { std::filesystem::remove_all(folder_); }

  Authority::Entry issue(const std::string& pki, NodeId node, const std::string& name) {
    return Authority(folder_ / pki).issue(node, name, 10, folder_);
  }
  TlsFiles files(const std::string& name, const std::string& pki = "pki") const {
    return {folder_ / pki / "root.pem", folder_ / (name + ".pem"), folder_ / (name + ".key"),
            folder_ / pki / "revocations.pem"};
  }

  struct Met {
    std::optional<Identity> server_sees, client_sees;
    bool resumed = false;
    std::string problem;
  };
  // A handshake and a word each way, over a pair of sockets.
  static Met meet(const TlsContext& server, const TlsContext& client) {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    Met met;
    try {
      TlsSocket a(server, pair[0]);
      TlsSocket b(client, pair[1]);
      auto a_done = TlsSocket::Result::want_read;
      auto b_done = TlsSocket::Result::want_read;
      for (int i = 0; i < 20; ++i) {
        if (b_done != TlsSocket::Result::done) b_done = b.handshake();
        if (a_done != TlsSocket::Result::done) a_done = a.handshake();
      }
      if (a_done != TlsSocket::Result::done || b_done != TlsSocket::Result::done)
        throw Error("the handshake does not end");
      met.server_sees = a.peer();
      if (met.server_sees) met.problem = server.distrust(*met.server_sees);
      met.client_sees = b.peer();
      met.resumed = a.resumed();
      Bytes word(5);
      std::size_t count = 0;
      EXPECT_EQ(a.write(word), TlsSocket::Result::done);
      EXPECT_EQ(b.read(word, count), TlsSocket::Result::done);
      EXPECT_EQ(count, 5U);
      a.close_notify();
      b.close_notify();
    } catch (const Error& error) {
      met.problem = error.what();
    }
    close(pair[0]);
    close(pair[1]);
    return met;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("brume_tls_" + std::to_string(getpid()) + "_" + std::to_string(rand()));
};

TEST_F(Tls, BothEndsKnowEachOther) {
  const TlsContext server(TlsContext::Side::server, files("cloud"));
  const TlsContext client(TlsContext::Side::client, files("device"));
  const auto met = meet(server, client);
  ASSERT_EQ(met.problem, "");
  EXPECT_EQ(met.server_sees->node, NodeId::device(17));
  EXPECT_EQ(met.client_sees->node, NodeId::cloud());
  EXPECT_FALSE(met.resumed);
}

TEST_F(Tls, GoesOnWithAnEarlierSession) {
  const TlsContext server(TlsContext::Side::server, files("cloud"));
  const TlsContext client(TlsContext::Side::client, files("device"));
  EXPECT_FALSE(meet(server, client).resumed);
  const auto again = meet(server, client);
  ASSERT_EQ(again.problem, "");
  EXPECT_TRUE(again.resumed);
  EXPECT_EQ(again.server_sees->node, NodeId::device(17));
}

TEST_F(Tls, AFogNodeIsServerAndClient) {
  const TlsContext fog_server(TlsContext::Side::server, files("fog"));
  const TlsContext device(TlsContext::Side::client, files("device"));
  EXPECT_EQ(meet(fog_server, device).problem, "");
  const TlsContext cloud(TlsContext::Side::server, files("cloud"));
  const TlsContext fog_client(TlsContext::Side::client, files("fog"));
  EXPECT_EQ(meet(cloud, fog_client).problem, "");
}

TEST_F(Tls, RefusesACertificateOfAnotherAuthority) {
  const TlsContext server(TlsContext::Side::server, files("cloud"));
  auto stranger = files("stranger");
  stranger.revocations.clear();
  const TlsContext client(TlsContext::Side::client, stranger);
  EXPECT_NE(meet(server, client).problem.find("is not accepted"), std::string::npos);
  const TlsContext distrusting(TlsContext::Side::client, files("stranger", "other"));  // another root
  EXPECT_NE(meet(server, distrusting).problem.find("is not accepted"), std::string::npos);
}

TEST_F(Tls, ADeviceIsNoServer) {
  const TlsContext server(TlsContext::Side::server, files("device"));
  const TlsContext client(TlsContext::Side::client, files("fog"));
  EXPECT_NE(meet(server, client).problem.find("unsuitable certificate purpose"), std::string::npos)
      << meet(server, client).problem;
}

TEST_F(Tls, RefusesWhatHasExpired) {
  const Issuer issuer{read_text_file(folder_ / "pki/intermediate.pem", 1 << 20),
                      read_text_file(folder_ / "pki/intermediate.key", 1 << 20)};
  const auto key = make_key();
  const auto expired =
      make_certificate(NodeId::device(17), {"late", std::chrono::seconds(-60)}, public_key_of(key), issuer);
  write_file_atomically(folder_ / "late.pem", expired + issuer.certificate);
  write_secret(folder_ / "late.key", key);
  EXPECT_THROW(TlsContext(TlsContext::Side::client, files("late")), RequestError);
}

TEST_F(Tls, RevocationReachesNewAndResumedSessions) {
  TlsContext server(TlsContext::Side::server, files("cloud"));
  const TlsContext client(TlsContext::Side::client, files("device"));
  const auto serial = meet(server, client).server_sees->serial;
  EXPECT_FALSE(server.revoked(serial));
  EXPECT_EQ(Authority(folder_ / "pki").revoke(NodeId::device(17)), 1U);
  std::filesystem::last_write_time(folder_ / "pki/revocations.pem",
                                   std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2));
  EXPECT_TRUE(server.reload());
  EXPECT_TRUE(server.revoked(serial));
  EXPECT_NE(meet(server, client).problem.find("is revoked"), std::string::npos);
}

TEST_F(Tls, AnOlderListIsNotBelieved) {
  const auto list = [&] { return read_text_file(folder_ / "pki/revocations.pem", 1 << 20); };
  Authority(folder_ / "pki").revoke(NodeId::device(17));
  const auto first = list();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // dates have seconds
  Authority(folder_ / "pki").revoke(NodeId::fog(3));
  const auto second = list();
  const TlsContext context(TlsContext::Side::server, files("cloud"));
  context.require_revocations(second);
  EXPECT_THROW(context.require_revocations(first), RequestError);
  EXPECT_THROW(context.require_revocations("nonsense"), RequestError);
}

TEST_F(Tls, AListOfAnotherAuthorityIsRefused) {
  auto mixed = files("cloud");
  mixed.revocations = folder_ / "other/revocations.pem";
  EXPECT_THROW(TlsContext(TlsContext::Side::server, mixed), RequestError);
}

TEST_F(Tls, FilesThatDoNotFitAreNamed) {
  auto mixed = files("cloud");
  mixed.key = folder_ / "device.key";
  try {
    const TlsContext context(TlsContext::Side::server, mixed);
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_NE(std::string(error.what()).find("device.key"), std::string::npos) << error.what();
  }
  mixed.key = folder_ / "nowhere.key";
  EXPECT_THROW(TlsContext(TlsContext::Side::server, mixed), RequestError);
}

TEST_F(Tls, KeysAreForTheirOwnerOnly) {
  const auto permissions = std::filesystem::status(folder_ / "device.key").permissions();
  EXPECT_EQ(permissions & std::filesystem::perms(077), std::filesystem::perms::none);
  EXPECT_THROW(Authority::create(folder_ / "pki", "test"), RequestError);
  EXPECT_THROW((void)Authority(folder_ / "pki").issue(NodeId::cloud(), "long", 31, folder_), RequestError);
  EXPECT_THROW((void)Authority(folder_ / "pki").issue(NodeId::cloud(), "../escape", 3, folder_), RequestError);
}

TEST_F(Tls, RequestsAreSignedByTheirKey) {
  const auto key = make_key();
  auto request = make_signing_request(key);
  EXPECT_EQ(public_key_in(request), public_key_of(key));
  request[request.size() - 5] ^= std::byte{1};
  EXPECT_THROW((void)public_key_in(request), FormatError);
}

}  // namespace
}  // namespace brume::net
