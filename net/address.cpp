#include "net/address.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "brume/error.hpp"

namespace brume::net {

Address parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  Address address;
  if (colon != std::string::npos) address = {text.substr(0, colon), text.substr(colon + 1)};
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']')
    address.host = address.host.substr(1, address.host.size() - 2);
  const bool digits = !address.port.empty() && std::all_of(address.port.begin(), address.port.end(), ::isdigit);
  if (address.host.empty() || !digits || address.port.size() > 5 || std::stoul(address.port) > 65535)
    throw RequestError(fmt::format("'{}' is no address; write HOST:PORT, such as 192.168.1.7:7443", text));
  return address;
}

}  // namespace brume::net
