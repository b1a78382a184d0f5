#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "messages/events.hpp"
#include "storage/database.hpp"

namespace brume::storage {

/// The frames and parameters in a record, in bytes.
std::uint64_t payload_bytes(const Record& record);

/// A node's state folder: its role's records, the models that it committed, its rounds, and what it must remember by
/// name. Tables and migrations: storage/STATE.md. What is there to be looked at: history.hpp.
///
/// What is written goes to one thread, which makes whatever has gathered durable with one commit (group commit), in
/// the order in which it was given. So a promise costs a share of one fsync; when long ones come fast, updates are held
/// back for up to 40 ms, because a snapshot that comes meanwhile is written in their place. Reading is for the time
/// before `start`.
class Store {
 public:
  /// Told on the writer's thread: these are on disk, or, if `problem` is not empty, they and all later ones never will
  /// be.
  using OnDurable = std::function<void(const std::vector<Token>& tokens, const std::string& problem)>;

  /// Opens or makes the folder. Throws RequestError when it cannot be written, another process works on it, or a later
  /// version of the program wrote it.
  /// `between` is the time between long writes for which updates are held back.
  explicit Store(std::filesystem::path folder, std::chrono::milliseconds between = std::chrono::milliseconds(40));
  ~Store();  ///< finishes
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  // ---- Before start

  std::vector<Record> records();
  std::optional<Bytes> get(std::string_view key);
  std::map<std::string, Bytes> all_with_prefix(std::string_view prefix);

  /// Records will have about so many bytes of frames: long ones are written faster to large pages, and short ones to
  /// small pages. Before anybody else reads the folder.
  void expect_payloads(std::uint64_t bytes);

  void start(OnDurable on_durable);

  // ---- From one thread, after start

  void append(Token token, Record record);
  /// Puts the snapshot in the place of all records given so far. Those that nothing else was given behind, and that are
  /// not written yet, never are: they are durable with the snapshot.
  void replace_records(SnapshotRecord snapshot);
  void add_round(RoundReport report);
  /// Told of as `token`, if it is not 0, when it is on disk.
  void put(std::string key, Bytes value, Token token = 0);
  /// Returns when all that was given is on disk; then nothing more may be.
  void finish();
  /// Given and not yet on disk.
  std::uint64_t queued_bytes() const;

 private:
  struct Append {
    Token token = 0;
    Record record;
  };
  struct Put {
    std::string key;
    Bytes value;
    Token token = 0;
  };
  struct Replace {
    Record snapshot;
    std::vector<Token> tokens;  // of records that are in it and were never written
  };
  using Work = std::variant<Append, Replace, RoundReport, Put>;

  void queue(Work work, std::uint64_t bytes);
  // With the mutex held.
  void push(Work work, std::uint64_t bytes);
  std::vector<Token> take_unwritten_records();
  void serve();
  void await_batch(std::unique_lock<std::mutex>& guard);
  std::pair<std::vector<Work>, std::uint64_t> take_batch();
  void write(const std::vector<Work>& batch);
  void write(const Append& append);
  void write(const Replace& replace);
  void write(const RoundReport& report);
  void write(const Put& put);

  std::filesystem::path folder_;
  std::chrono::milliseconds between_long_writes_;
  std::shared_ptr<void> lock_;
  Database database_;
  OnDurable on_durable_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Work, std::uint64_t>> queue_;  // and the bytes of each
  std::uint64_t queued_bytes_ = 0;
  bool urgent_ = false;  // something in the queue may not be held back
  bool stopping_ = false;
  std::chrono::steady_clock::time_point next_write_;  // of what may be
  std::thread writer_;
};

}  // namespace brume::storage
