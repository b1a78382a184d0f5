#include "net/contract_store.hpp"

#include <fmt/format.h>

#include "core/archive.hpp"
#include "net/identity.hpp"

namespace brume::net {

namespace {

constexpr std::string_view kKey = "contract";
constexpr std::string_view kHome = "home";

}  // namespace

std::optional<StoredContract> read_contract(storage::Store& store) {
  const auto bytes = store.get(kKey);
  if (!bytes) return std::nullopt;
  StoredContract stored;
  ArchiveReader reader(*bytes);
  std::shared_ptr<Layout> layout;
  reader(stored.contract.yaml, layout, stored.contract.id, stored.server_seed);
  if (!layout) throw FormatError("a stored contract lacks its layout");
  stored.contract.layout = std::move(layout);
  return stored;
}

std::optional<NodeId> read_home(storage::Store& store) {
  const auto bytes = store.get(kHome);
  if (!bytes) return std::nullopt;
  return node_from({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
}

void write_home(storage::Store& store, NodeId home) {
  const auto text = to_text(home);
  const auto bytes = std::as_bytes(std::span(text));
  store.put(std::string(kHome), Bytes(bytes.begin(), bytes.end()));
}

std::string other_home(const std::optional<NodeId>& home, NodeId node) {
  if (!home || *home == node) return {};
  return fmt::format("{} answers, but what this node has promised is owed to {}", to_text(node), to_text(*home));
}

void write_contract(storage::Store& store, const StoredContract& stored) {
  ArchiveWriter writer;
  writer(stored.contract.yaml, stored.contract.layout, stored.contract.id, stored.server_seed);
  store.put(std::string(kKey), writer.take());
}

}  // namespace brume::net
