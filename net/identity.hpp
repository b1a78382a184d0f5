#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "messages/messages.hpp"

namespace brume::net {

/// Who a certificate is for.
struct Identity {
  NodeId node;
  std::string name;             ///< common name, for people
  std::string serial;           ///< hexadecimal
  std::int64_t not_before = 0;  ///< seconds since 1970
  std::int64_t not_after = 0;

  bool half_over(std::int64_t now) const { return now - not_before > not_after - now; }
};

/// "cloud", "fog/3", "device/17": a node in certificates (as "brume:device/17", a URI), on command lines and in logs.
std::string to_text(NodeId node);
std::optional<NodeId> node_from(std::string_view text);

}  // namespace brume::net
