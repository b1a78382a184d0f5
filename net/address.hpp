#pragma once

#include <string>

namespace brume::net {

struct Address {
  std::string host;
  std::string port;
};

/// "HOST:PORT", an IPv6 address in brackets. Throws RequestError.
Address parse_address(const std::string& text);

}  // namespace brume::net
