#include "storage/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "storage/record_archive.hpp"
#include "storage/schema.hpp"

namespace brume::storage {

namespace {

constexpr std::int64_t kModelsKept = 20;
constexpr std::uint64_t kMostBatchBytes = 16 << 20;
constexpr std::uint64_t kLongPayload = 256 << 10;

void make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  const bool made = std::filesystem::create_directories(folder, failure);
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  if (failure || access(folder.c_str(), W_OK) != 0)
    throw RequestError(fmt::format("the state folder {} cannot be written: {}", folder.string(),
                                   failure ? failure.message() : std::strerror(errno)));
}

// Held until the process ends, however it ends.
std::shared_ptr<void> lock_folder(const std::filesystem::path& folder) {
  const int file = open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    throw RequestError(fmt::format("the state folder {} cannot be written: {}", folder.string(), std::strerror(errno)));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    throw RequestError(fmt::format("another process works on the state folder {}", folder.string()));
  }
  return {nullptr, [file](void*) { close(file); }};
}

std::filesystem::path prepared(const std::filesystem::path& folder) {
  make_folder(folder);
  return folder;
}

}  // namespace

std::uint64_t payload_bytes(const Record& record) {
  if (const auto* opened = std::get_if<OpenedRecord>(&record))
    return opened->asked.model ? opened->asked.model->size() : 0;
  if (const auto* update = std::get_if<UpdateRecord>(&record)) return brume::payload_bytes(update->update);
  if (const auto* partial = std::get_if<PartialRecord>(&record)) return brume::payload_bytes(partial->partial);
  if (const auto* part = std::get_if<PartRecord>(&record)) return brume::payload_bytes(part->part);
  if (const auto* trained = std::get_if<TrainedRecord>(&record)) return brume::payload_bytes(trained->answer);
  if (const auto* commit = std::get_if<CommitRecord>(&record)) return commit->model->values().size_bytes();
  return 0;
}

Store::Store(std::filesystem::path folder, std::chrono::milliseconds between)
    : folder_(prepared(folder)),
      between_long_writes_(between),
      lock_(lock_folder(folder_)),
      database_(folder_ / kDatabaseFile) {
  // What is in it, seeds and devices' states, is nobody else's.
  constexpr auto kOwner = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  std::filesystem::permissions(folder_ / kDatabaseFile, kOwner);
  migrate(database_, folder_);
}

Store::~Store() { finish(); }

void Store::finish() {
  if (!writer_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

std::vector<Record> Store::records() {
  std::vector<Record> records;
  auto query = database_.prepare("SELECT body FROM records ORDER BY number");
  while (query.step()) records.push_back(unarchived<Record>(query.blob(0)));
  return records;
}

std::optional<Bytes> Store::get(std::string_view key) {
  auto query = database_.prepare("SELECT value FROM notes WHERE key = ?");
  if (!query.bind(0, key).step()) return std::nullopt;
  const auto value = query.blob(0);
  return Bytes(value.begin(), value.end());
}

std::map<std::string, Bytes> Store::all_with_prefix(std::string_view prefix) {
  std::map<std::string, Bytes> found;
  auto query = database_.prepare("SELECT key, value FROM notes WHERE substr(key, 1, ?) = ?");
  query.bind(0, static_cast<std::int64_t>(prefix.size())).bind(1, prefix);
  while (query.step()) found.emplace(query.text(0), Bytes(query.blob(1).begin(), query.blob(1).end()));
  return found;
}

// ---- Writing ------------------------------------------------------------------------------------------------------

void Store::expect_payloads(std::uint64_t bytes) {
  if (bytes >= kLongPayload) database_.use_large_pages();
}

void Store::start(OnDurable on_durable) {
  on_durable_ = std::move(on_durable);
  writer_ = std::thread([this] { serve(); });
}

void Store::queue(Work work, std::uint64_t bytes) {
  {
    const std::lock_guard guard(mutex_);
    push(std::move(work), bytes);
  }
  changed_.notify_one();
}

void Store::push(Work work, std::uint64_t bytes) {
  const auto* append = std::get_if<Append>(&work);
  const bool can_wait = append && (std::holds_alternative<UpdateRecord>(append->record) ||
                                   std::holds_alternative<PartialRecord>(append->record));
  urgent_ = urgent_ || !can_wait;
  queued_bytes_ += bytes;
  queue_.emplace_back(std::move(work), bytes);
}

void Store::append(Token token, Record record) {
  const auto bytes = payload_bytes(record);
  queue(Append{token, std::move(record)}, bytes);
}
void Store::replace_records(SnapshotRecord snapshot) {
  const auto bytes = snapshot.bytes.size();
  {
    const std::lock_guard guard(mutex_);
    auto tokens = take_unwritten_records();
    push(Replace{std::move(snapshot), std::move(tokens)}, bytes);
  }
  changed_.notify_one();
}

// The records at the queue's end. A step of the model is also a model and its history; and what is not a record may
// stand behind one on purpose.
std::vector<Token> Store::take_unwritten_records() {
  std::vector<Token> tokens;
  for (; !queue_.empty(); queue_.pop_back()) {
    const auto& [work, bytes] = queue_.back();
    const auto* append = std::get_if<Append>(&work);
    const auto* replace = std::get_if<Replace>(&work);
    if (!replace && (!append || std::holds_alternative<CommitRecord>(append->record))) break;
    if (append) tokens.push_back(append->token);
    if (replace) tokens.insert(tokens.end(), replace->tokens.rbegin(), replace->tokens.rend());
    queued_bytes_ -= bytes;
  }
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}
void Store::add_round(RoundReport report) { queue(std::move(report), 0); }
void Store::put(std::string key, Bytes value, Token token) { queue(Put{std::move(key), std::move(value), token}, 0); }

std::uint64_t Store::queued_bytes() const {
  const std::lock_guard guard(mutex_);
  return queued_bytes_;
}

// What has gathered, up to a size: one commit of gigabytes would never leave the log.
std::pair<std::vector<Store::Work>, std::uint64_t> Store::take_batch() {
  std::vector<Work> batch;
  std::uint64_t bytes = 0;
  while (!queue_.empty() && bytes < kMostBatchBytes) {
    bytes += queue_.front().second;
    batch.push_back(std::move(queue_.front().first));
    queue_.pop_front();
  }
  if (queue_.empty()) urgent_ = false;
  return {std::move(batch), bytes};
}

// Updates that come faster than this are worth a wait: what a snapshot replaces in the meantime is not written.
void Store::await_batch(std::unique_lock<std::mutex>& guard) {
  changed_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
  changed_.wait_until(guard, next_write_, [this] { return stopping_ || urgent_ || queued_bytes_ >= kMostBatchBytes; });
}

// After a failure nothing more is written: what follows might build on what is missing.
void Store::serve() {
  std::string problem;
  std::unique_lock guard(mutex_);
  while (true) {
    await_batch(guard);
    if (queue_.empty()) return;
    const auto [batch, bytes] = take_batch();
    guard.unlock();
    std::vector<Token> tokens;
    for (const auto& work : batch) {
      if (const auto* append = std::get_if<Append>(&work)) tokens.push_back(append->token);
      if (const auto* replace = std::get_if<Replace>(&work))
        tokens.insert(tokens.end(), replace->tokens.begin(), replace->tokens.end());
      if (const auto* put = std::get_if<Put>(&work); put && put->token != 0) tokens.push_back(put->token);
    }
    try {
      if (problem.empty()) write(batch);
    } catch (const std::exception& error) {
      problem = fmt::format("{}: {}", folder_.string(), error.what());
    }
    on_durable_(tokens, problem);
    guard.lock();
    queued_bytes_ -= bytes;
    if (bytes >= kLongPayload) next_write_ = std::chrono::steady_clock::now() + between_long_writes_;
  }
}

void Store::write(const std::vector<Work>& batch) {
  database_.execute("BEGIN IMMEDIATE");
  try {
    for (const auto& work : batch) std::visit([this](const auto& one) { write(one); }, work);
    database_.execute("COMMIT");
  } catch (...) {
    try {
      database_.execute("ROLLBACK");
    } catch (const Error&) {  // SQLite has rolled back by itself
    }
    throw;
  }
}

void Store::write(const Append& append) {
  const auto body = archived(append.record);
  database_.prepare("INSERT INTO records (body) VALUES (?)").bind(0, std::span(body)).run();
  const auto* commit = std::get_if<CommitRecord>(&append.record);
  if (!commit) return;
  const auto model = archived(*commit->model);
  const auto receipts = archived(commit->receipts);
  const auto version = static_cast<std::int64_t>(commit->version);
  database_.prepare("INSERT OR REPLACE INTO receipts (round, body) VALUES (?, ?)")
      .bind(0, version)
      .bind(1, std::span(receipts))
      .run();
  database_.prepare("INSERT OR REPLACE INTO models (version, committed, body, origin) VALUES (?, ?, ?, ?)")
      .bind(0, version)
      .bind(1, commit->report.closed.time_since_epoch().count())
      .bind(2, std::span(model))
      .bind(3, std::string_view(imported(commit->report) ? kImported : "round"))
      .run();
  database_
      .prepare("DELETE FROM models WHERE version NOT IN (SELECT version FROM models ORDER BY version DESC LIMIT ?)")
      .bind(0, kModelsKept)
      .run();
}

void Store::write(const Replace& replace) {
  const auto body = archived(replace.snapshot);
  database_.execute("DELETE FROM records");
  database_.prepare("INSERT INTO records (body) VALUES (?)").bind(0, std::span(body)).run();
}

void Store::write(const RoundReport& report) {
  const auto body = archived(report);
  database_.prepare("INSERT OR REPLACE INTO rounds (round, body) VALUES (?, ?)")
      .bind(0, static_cast<std::int64_t>(report.round))
      .bind(1, std::span(body))
      .run();
}

void Store::write(const Put& put) {
  database_.prepare("INSERT OR REPLACE INTO notes (key, value) VALUES (?, ?)")
      .bind(0, std::string_view(put.key))
      .bind(1, std::span(put.value))
      .run();
}

}  // namespace brume::storage
