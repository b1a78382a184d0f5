#include "storage/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace brume::storage {

namespace {

constexpr int kBusyMilliseconds = 10'000;
constexpr std::int64_t kLargePage = 65'536;

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* said = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  if ((code & 0xFF) == SQLITE_FULL) throw Error("the disk is full");
  throw Error(fmt::format("{} ({})", said, sqlite3_errstr(code)));
}

}  // namespace

void Statement::Finalise::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(database_, code);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter + 1, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::byte> blob) {
  check(sqlite3_bind_blob64(statement_.get(), parameter + 1, blob.data(), blob.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  check(sqlite3_bind_text(statement_.get(), parameter + 1, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  const int reset = sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) fail(database_, reset != SQLITE_OK ? reset : code);
  return false;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string Statement::text(int column) const {
  const auto bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Database::Database(const std::filesystem::path& path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(handle, code);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;");
}

Database Database::read_only(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char letter : std::filesystem::absolute(path).string())
    uri += letter == '%' || letter == '?' || letter == '#' ? fmt::format("%{:02x}", letter) : std::string(1, letter);
  Database database;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2((uri + "?immutable=1").c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  database.handle_.reset(handle);
  if (code != SQLITE_OK) fail(handle, code);
  return database;
}

void Database::use_large_pages() {
  auto query = prepare("PRAGMA page_size");
  query.step();
  const bool large = query.integer(0) == kLargePage;
  query.step();  // to its end
  if (!large)
    execute(fmt::format("PRAGMA journal_mode = DELETE; PRAGMA page_size = {}; VACUUM; PRAGMA journal_mode = WAL;",
                        kLargePage));
  // 1 and 64 MiB. Only now: a cache that was set before keeps its number of pages when pages become larger.
  execute("PRAGMA cache_size = -1024; PRAGMA wal_autocheckpoint = 1024;");
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_.get(), code);
}

// The copy is opened without a log of its own: it takes the pages as they are, whatever their size.
void Database::back_up_to(const std::filesystem::path& path) {
  std::filesystem::remove(path);
  Database copy;
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  copy.handle_.reset(handle);
  if (opened != SQLITE_OK) fail(handle, opened);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto* backup = sqlite3_backup_init(handle, "main", handle_.get(), "main");
  if (!backup) fail(handle, sqlite3_errcode(handle));
  const int copied = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (copied == SQLITE_DONE && finished == SQLITE_OK) return;
  copy.handle_.reset();
  std::filesystem::remove(path);
  fail(nullptr, finished != SQLITE_OK ? finished : copied);
}

std::int64_t Database::schema_version() {
  auto query = prepare("PRAGMA user_version");
  query.step();
  return query.integer(0);
}

}  // namespace brume::storage
