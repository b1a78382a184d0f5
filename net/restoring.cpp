#include "net/restoring.hpp"

#include <fmt/format.h>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "storage/schema.hpp"

namespace brume::net {

namespace {

constexpr std::string_view kSeen = "seen_before_restoring";

void check(storage::Database& database, const std::filesystem::path& backup) {
  auto integrity = database.prepare("PRAGMA integrity_check");
  if (!integrity.step() || integrity.text(0) != "ok")
    throw RequestError(fmt::format("{} is damaged: {}", backup.string(), integrity.text(0)));
  const bool ours = database.schema_version() > 0;
  if (!ours || !database.prepare("SELECT 1 FROM notes WHERE key = 'federation_id'").step())
    throw RequestError(fmt::format("{} is no backup of an aggregator's state", backup.string()));
}

void copy_database(const std::filesystem::path& backup, const std::filesystem::path& file) try {
  auto database = storage::Database::read_only(backup);
  check(database, backup);
  database.back_up_to(file);
} catch (const RequestError&) {
  throw;
} catch (const Error& error) {
  throw RequestError(fmt::format("{} cannot be read: {}", backup.string(), error.what()));
}

void note_seen(const std::filesystem::path& file, Version seen) {
  ByteWriter number;
  number.u64(seen);
  storage::Database database(file);
  database.prepare("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)")
      .bind(0, kSeen)
      .bind(1, number.bytes())
      .run();
  database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace

void restore_state(const std::filesystem::path& backup, const std::filesystem::path& folder, Version seen) {
  const auto file = folder / storage::kDatabaseFile;
  if (!std::filesystem::is_regular_file(backup))
    throw RequestError(fmt::format("there is no file {}", backup.string()));
  if (std::filesystem::exists(file))
    throw RequestError(fmt::format("{} has a state already; restore into a new folder", folder.string()));
  std::filesystem::create_directories(folder);
  const auto partial = file.string() + ".partial";
  copy_database(backup, partial);
  note_seen(partial, seen);
  publish_file(partial, file);
}

Version version_to_go_behind(storage::Store& store) {
  const auto stored = store.get(kSeen);
  return stored && stored->size() == 8 ? ByteReader(*stored).u64() : 0;
}

}  // namespace brume::net
