#include "net/proxy.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"

namespace brume::net {
namespace {

TEST(Proxy, IsWrittenAsAnAddress) {
  const auto plain = parse_proxy("http://gate.local:3128/");
  EXPECT_EQ(plain.kind, Proxy::Kind::http);
  EXPECT_EQ(plain.address.host, "gate.local");
  EXPECT_EQ(plain.address.port, "3128");
  EXPECT_EQ(plain.user, "");
  const auto with_login = parse_proxy("socks5://me%40home:p%3Ass%zz@[::1]:1080");
  EXPECT_EQ(with_login.kind, Proxy::Kind::socks);
  EXPECT_EQ(with_login.address.host, "::1");
  EXPECT_EQ(with_login.user, "me@home");
  EXPECT_EQ(with_login.password, "p:ss%zz");
}

TEST(Proxy, OtherwiseSaysHow) {
  for (const auto* text : {"", "gate:3128", "ftp://gate:1", "http://", "http://gate", "socks5://gate:x"})
    EXPECT_THROW((void)parse_proxy(text), RequestError) << text;
  EXPECT_THROW((void)parse_proxy("socks5://" + std::string(256, 'u') + "@gate:1"), RequestError);
}

}  // namespace
}  // namespace brume::net
