#include "net/proxy.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <span>

#include "brume/error.hpp"

namespace brume::net {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

constexpr std::size_t kMostField = 255;  // of SOCKS: names, users, passwords
constexpr std::size_t kMostAnswer = 16 << 10;

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const auto* digits = text.data() + i + 1;
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    out.push_back(escape ? static_cast<char>(value) : text[i]);
    if (escape) i += 2;
  }
  return out;
}

// What may be printed.
std::string without_login(const std::string& text) {
  const auto at = text.rfind('@');
  return at == std::string::npos ? text : "…" + text.substr(at);
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');  // and the zero that OpenSSL puts behind
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                      reinterpret_cast<const unsigned char*>(text.data()),
                                                      static_cast<int>(text.size()))));
  return out;
}

// ---- HTTP ---------------------------------------------------------------------------------------------------------

asio::awaitable<void> connect_by_http(Tcp::socket& socket, Proxy proxy, Address target) {
  const bool v6 = target.host.find(':') != std::string::npos;
  const auto authority = fmt::format("{}{}{}:{}", v6 ? "[" : "", target.host, v6 ? "]" : "", target.port);
  http::request<http::empty_body> request(http::verb::connect, authority, 11);
  request.set(http::field::host, authority);
  if (!proxy.user.empty())
    request.set(http::field::proxy_authorization, "Basic " + base64(proxy.user + ":" + proxy.password));
  co_await http::async_write(socket, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer(kMostAnswer);
  http::response_parser<http::empty_body> parser;
  parser.skip(true);
  co_await http::async_read_header(socket, buffer, parser, asio::use_awaitable);
  const auto& answer = parser.get();
  if (answer.result_int() / 100 != 2)
    throw Error(fmt::format("the proxy answers {} {}", answer.result_int(), std::string(answer.reason())));
  if (buffer.size() > 0) throw Error("the proxy sends before the node above has been greeted");
}

// ---- SOCKS --------------------------------------------------------------------------------------------------------

constexpr char kSocks = 5;
constexpr char kNoAuthentication = 0;
constexpr char kPassword = 2;
constexpr char kConnect = 1;
enum AddressKind : char { kIp4 = 1, kName = 3, kIp6 = 4 };

void append_field(std::string& out, const std::string& field) {
  out.push_back(static_cast<char>(field.size()));
  out += field;
}

std::string socks_request(const Address& target) {
  std::string request{kSocks, kConnect, 0};
  boost::system::error_code no_address;
  const auto ip = asio::ip::make_address(target.host, no_address);
  if (no_address) {
    request.push_back(kName);
    append_field(request, target.host);
  } else if (ip.is_v4()) {
    request.push_back(kIp4);
    for (const auto byte : ip.to_v4().to_bytes()) request.push_back(static_cast<char>(byte));
  } else {
    request.push_back(kIp6);
    for (const auto byte : ip.to_v6().to_bytes()) request.push_back(static_cast<char>(byte));
  }
  const auto port = std::stoul(target.port);
  request.push_back(static_cast<char>(port >> 8));
  request.push_back(static_cast<char>(port & 0xff));
  return request;
}

std::string_view socks_problem(unsigned code) {
  constexpr std::string_view kProblems[] = {"",
                                            "general failure",
                                            "not allowed by its rules",
                                            "network unreachable",
                                            "host unreachable",
                                            "connection refused",
                                            "time to live expired",
                                            "command not supported",
                                            "address type not supported"};
  return code < std::size(kProblems) ? kProblems[code] : "unknown problem";
}

asio::awaitable<std::string> read_bytes(Tcp::socket& socket, std::size_t count) {
  std::string bytes(count, '\0');
  co_await asio::async_read(socket, asio::buffer(bytes), asio::use_awaitable);
  co_return bytes;
}

asio::awaitable<void> greet_socks(Tcp::socket& socket, Proxy proxy) {
  std::string greeting{kSocks, 1, kNoAuthentication};
  if (!proxy.user.empty()) greeting = {kSocks, 2, kNoAuthentication, kPassword};
  co_await asio::async_write(socket, asio::buffer(greeting), asio::use_awaitable);
  const auto chosen = co_await read_bytes(socket, 2);
  if (chosen[0] != kSocks) throw Error("the proxy does not speak SOCKS version 5");
  if (chosen[1] == kNoAuthentication) co_return;
  if (chosen[1] != kPassword || proxy.user.empty())
    throw Error(proxy.user.empty() ? "the proxy wants a user and a password" : "the proxy takes no password");
  std::string login{1};
  append_field(login, proxy.user);
  append_field(login, proxy.password);
  co_await asio::async_write(socket, asio::buffer(login), asio::use_awaitable);
  if ((co_await read_bytes(socket, 2))[1] != 0) throw Error("the proxy refuses this user and password");
}

asio::awaitable<void> connect_by_socks(Tcp::socket& socket, Proxy proxy, Address target) {
  co_await greet_socks(socket, proxy);
  const auto request = socks_request(target);
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  const auto answer = co_await read_bytes(socket, 4);
  if (answer[1] != 0)
    throw Error(fmt::format("the proxy answers: {}", socks_problem(static_cast<unsigned char>(answer[1]))));
  std::size_t bound = answer[3] == kIp4 ? 4 : 16;  // an address that nobody needs, and a port
  if (answer[3] == kName) bound = static_cast<unsigned char>((co_await read_bytes(socket, 1))[0]);
  co_await read_bytes(socket, bound + 2);
}

}  // namespace

Proxy parse_proxy(const std::string& text) {
  Proxy proxy;
  const auto scheme = text.find("://");
  const auto kind = text.substr(0, scheme);
  if (scheme == std::string::npos || (kind != "http" && kind != "socks5"))
    throw RequestError(
        fmt::format("'{}' is no proxy; write http://HOST:PORT or socks5://HOST:PORT", without_login(text)));
  proxy.kind = kind == "http" ? Proxy::Kind::http : Proxy::Kind::socks;
  auto rest = text.substr(scheme + 3);
  if (const auto at = rest.rfind('@'); at != std::string::npos) {
    const auto login = rest.substr(0, at);
    const auto colon = login.find(':');
    proxy.user = unescaped(login.substr(0, colon));
    if (colon != std::string::npos) proxy.password = unescaped(login.substr(colon + 1));
    rest = rest.substr(at + 1);
  }
  if (proxy.user.size() > kMostField || proxy.password.size() > kMostField)
    throw RequestError(fmt::format("user and password of a proxy take at most {} bytes each", kMostField));
  while (!rest.empty() && rest.back() == '/') rest.pop_back();
  proxy.address = parse_address(rest);
  return proxy;
}

asio::awaitable<void> open_tunnel(Tcp::socket& socket, Proxy proxy, Address target) {
  if (target.host.size() > kMostField) throw Error("the name of the node above is too long for a proxy");
  if (proxy.kind == Proxy::Kind::http) {
    co_await connect_by_http(socket, std::move(proxy), std::move(target));
  } else {
    co_await connect_by_socks(socket, std::move(proxy), std::move(target));
  }
}

}  // namespace brume::net
