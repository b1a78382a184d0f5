#include "net/dial.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace brume::net {

namespace asio = boost::asio;

asio::awaitable<void> dial(asio::ip::tcp::resolver& resolver, asio::ip::tcp::socket& socket, Address target,
                           std::optional<Proxy> proxy) {
  const auto& first = proxy ? proxy->address : target;
  const auto found = co_await resolver.async_resolve(first.host, first.port, asio::use_awaitable);
  co_await asio::async_connect(socket, found, asio::use_awaitable);
  if (proxy) co_await open_tunnel(socket, *proxy, target);
}

std::string problem_of(const std::exception_ptr& failure) {
  if (!failure) return {};
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    const bool given_up = error.code() == asio::error::operation_aborted;
    return given_up ? "no answer came in time" : error.code().message();
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace brume::net
