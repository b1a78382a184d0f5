#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace brume::storage {

/// One prepared statement. Parameters and columns are counted from 0. Not thread-safe.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::span<const std::byte> blob);  ///< not copied: must outlive the step
  Statement& bind(int parameter, std::string_view text);            ///< not copied
  /// Runs to the next row; false at the end, which resets the statement. Throws Error.
  bool step();
  /// For statements without rows: step to the end.
  void run() {
    while (step()) {
    }
  }
  std::int64_t integer(int column) const;
  std::span<const std::byte> blob(int column) const;  ///< valid until the next step
  std::string text(int column) const;

 private:
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code) const;
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

/// A SQLite database in a file of its own: write-ahead log, every commit on disk before it returns. Throws Error, which
/// says what the disk or SQLite said.
class Database {
 public:
  explicit Database(const std::filesystem::path& path);
  /// A file that nobody writes, and that this does not write either.
  static Database read_only(const std::filesystem::path& path);

  /// Lays the database out in pages of 64 KiB, and lets the log grow longer. Nobody else may have it open.
  void use_large_pages();
  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) { return {handle_.get(), sql}; }
  /// Copies the whole database, as it is at one moment, to a file that is not there yet, for its owner's eyes alone.
  void back_up_to(const std::filesystem::path& path);
  std::int64_t schema_version();

 private:
  Database() = default;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace brume::storage
