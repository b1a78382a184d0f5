#include "net/identity.hpp"

#include <fmt/format.h>

#include <charconv>

namespace brume::net {

std::string to_text(NodeId node) {
  switch (node.role) {
    case NodeId::Role::cloud:
      return "cloud";
    case NodeId::Role::fog:
      return fmt::format("fog/{}", node.index);
    case NodeId::Role::device:
      return fmt::format("device/{}", node.index);
  }
  return "";
}

std::optional<NodeId> node_from(std::string_view text) {
  if (text == "cloud") return NodeId::cloud();
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto digits = text.substr(slash + 1);
  std::uint64_t index = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (text.substr(0, slash) == "fog") return NodeId::fog(index);
  if (text.substr(0, slash) == "device") return NodeId::device(index);
  return std::nullopt;
}

}  // namespace brume::net
