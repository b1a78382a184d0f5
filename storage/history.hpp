#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "brume/parameters.hpp"
#include "messages/messages.hpp"
#include "messages/report.hpp"
#include "storage/database.hpp"

namespace brume::storage {

/// A model that is kept: what a version began with.
struct StoredModel {
  Version version = 0;
  Time committed{};
  std::uint64_t bytes = 0;
  std::string origin;  ///< "round", or "imported" by an operator
  Digest parameters{};
};

/// What a state folder holds of the past, to be read while its node runs or not. Each call sees what is on disk by
/// then.
class History {
 public:
  /// Throws RequestError where there is no state, or one of another schema.
  explicit History(const std::filesystem::path& folder);

  std::vector<RoundReport> rounds();
  /// What became of the tasks of each round, by base version.
  using Receipts = std::vector<std::pair<Version, std::vector<Receipt>>>;
  std::map<std::uint64_t, Receipts> receipts();
  /// How a device's work for a version ended, if it has: what the round says that closed it. A fog node's own rounds
  /// are one: the cloud does not know them apart.
  std::optional<Status> ended(Version version, DeviceIndex device);
  std::vector<StoredModel> models();
  /// Throws RequestError that lists the versions that are there.
  Parameters model(Version version);
  /// A copy of all that is there at this moment, in a file that is whole or not there.
  void back_up_to(const std::filesystem::path& path);

 private:
  Database database_;
};

}  // namespace brume::storage
