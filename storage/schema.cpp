#include "storage/schema.hpp"

#include <fmt/format.h>

#include <iterator>

#include "brume/error.hpp"

namespace brume::storage {

namespace {

// Each entry brings a database from the version that is its place to the next one.
constexpr const char* kMigrations[] = {
    R"(CREATE TABLE records (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
       CREATE TABLE models (version INTEGER PRIMARY KEY, committed INTEGER NOT NULL, body BLOB NOT NULL);
       CREATE TABLE rounds (round INTEGER PRIMARY KEY, body BLOB NOT NULL);
       CREATE TABLE receipts (round INTEGER PRIMARY KEY, body BLOB NOT NULL);
       CREATE TABLE notes (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;)",
    // A model can be an operator's.
    "ALTER TABLE models ADD COLUMN origin TEXT NOT NULL DEFAULT 'round';",
};
constexpr std::int64_t kSchema = std::size(kMigrations);

}  // namespace

void migrate(Database& database, const std::filesystem::path& folder) {
  const auto version = database.schema_version();
  if (version > kSchema)
    throw RequestError(fmt::format("the state folder {} is of version {}, this program knows versions up to {}",
                                   folder.string(), version, kSchema));
  for (auto next = version; next < kSchema; ++next)
    database.execute(fmt::format("BEGIN; {} PRAGMA user_version = {}; COMMIT;", kMigrations[next], next + 1));
}

void require_schema(Database& database, const std::filesystem::path& folder) {
  const auto version = database.schema_version();
  if (version == kSchema) return;
  throw RequestError(fmt::format("{} is of version {}, this program reads version {}{}", folder.string(), version,
                                 kSchema, version < kSchema ? ": start its node once, which brings it up" : ""));
}

}  // namespace brume::storage
