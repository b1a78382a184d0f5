#pragma once

#include <filesystem>

#include "storage/database.hpp"

namespace brume::storage {

inline constexpr const char* kDatabaseFile = "state.sqlite";

/// Brings a state folder's database to this program's schema. Throws RequestError for one of a later program.
void migrate(Database& database, const std::filesystem::path& folder);

/// Throws RequestError for any other schema than this program's.
void require_schema(Database& database, const std::filesystem::path& folder);

}  // namespace brume::storage
