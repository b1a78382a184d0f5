#include "net/contract_store.hpp"

#include "core/archive.hpp"

namespace brume::net {

namespace {

constexpr std::string_view kKey = "contract";

}  // namespace

std::optional<StoredContract> read_contract(storage::Store& store) {
  const auto bytes = store.get(kKey);
  if (!bytes) return std::nullopt;
  StoredContract stored;
  ArchiveReader reader(*bytes);
  std::shared_ptr<Layout> layout;
  reader(stored.contract.yaml, layout, stored.server_seed);
  if (!layout) throw FormatError("a stored contract lacks its layout");
  stored.contract.layout = std::move(layout);
  return stored;
}

void write_contract(storage::Store& store, const StoredContract& stored) {
  ArchiveWriter writer;
  writer(stored.contract.yaml, stored.contract.layout, stored.server_seed);
  store.put(std::string(kKey), writer.take());
}

}  // namespace brume::net
