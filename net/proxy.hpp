#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp lacks it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

#include "net/address.hpp"

namespace brume::net {

/// What stands between a node and the one above where nothing may dial out directly.
struct Proxy {
  enum class Kind : std::uint8_t {
    http,   ///< CONNECT (RFC 9110, section 9.3.6), basic authentication (RFC 7617)
    socks,  ///< SOCKS version 5 (RFC 1928), user name and password (RFC 1929)
  };
  Kind kind = Kind::http;
  Address address;
  std::string user;
  std::string password;
};

/// "http://HOST:PORT" or "socks5://HOST:PORT", with "USER:PASSWORD@" before the host if the proxy asks for it; "%XX" in
/// these is a byte. Throws RequestError.
Proxy parse_proxy(const std::string& text);

/// Over a socket that is connected to the proxy, asks for a tunnel to `target`, whose name the proxy looks up. Then the
/// socket carries what the target sends and is sent. Throws Error (with what the proxy says) or boost's system_error.
boost::asio::awaitable<void> open_tunnel(boost::asio::ip::tcp::socket& socket, Proxy proxy, Address target);

}  // namespace brume::net
