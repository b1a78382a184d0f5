#pragma once

#include <filesystem>

#include "brume/task.hpp"
#include "storage/store.hpp"

namespace brume::net {

/// Makes an aggregator's state folder from a backup. Nodes may have worked for versions up to `seen` since it was made;
/// the aggregator then goes on behind them, with the backup's model: version numbers are never given twice. Throws
/// RequestError for a folder that has a state already, and for a file that is no backup.
void restore_state(const std::filesystem::path& backup, const std::filesystem::path& folder, Version seen);

/// What was given as `seen`, or 0.
Version version_to_go_behind(storage::Store& store);

}  // namespace brume::net
