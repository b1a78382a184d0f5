#pragma once

#include <optional>

#include "federation/contract.hpp"
#include "storage/store.hpp"

namespace brume::net {

/// The contract that a node below the aggregator works by, in its state folder.
struct StoredContract {
  federation::Contract contract;
  std::uint64_t server_seed = 0;  ///< of fog nodes
};

/// Before the store is started. Throws FormatError.
std::optional<StoredContract> read_contract(storage::Store& store);
void write_contract(storage::Store& store, const StoredContract& stored);

/// The node above for which this one works: what is owed is owed to it.
std::optional<NodeId> read_home(storage::Store& store);
void write_home(storage::Store& store, NodeId home);
/// Why `node` is not the one above, or "".
std::string other_home(const std::optional<NodeId>& home, NodeId node);

}  // namespace brume::net
