#pragma once

#include <optional>

#include "net/proxy.hpp"

namespace brume::net {

/// Connects the socket to `target`, through `proxy` if there is one. Whoever waits no longer cancels the resolver and
/// closes the socket. Throws Error or boost's system_error.
boost::asio::awaitable<void> dial(boost::asio::ip::tcp::resolver& resolver, boost::asio::ip::tcp::socket& socket,
                                  Address target, std::optional<Proxy> proxy);

/// What a coroutine has ended with, in words; "" for nothing.
std::string problem_of(const std::exception_ptr& failure);

}  // namespace brume::net
