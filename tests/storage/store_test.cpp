#include "storage/store.hpp"
#include "storage/history.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <numeric>

#include "brume/error.hpp"
#include "messages/describe.hpp"
#include "storage/record_archive.hpp"

namespace brume::storage {
namespace {

class StoreTest : public testing::Test {
 protected:
  ~StoreTest() override { std::filesystem::remove_all(folder_); }
  static LayoutPointer layout() {
    return std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {4}, TensorRole::trainable}});
  }
  static CommitRecord commit(Version version) {
    CommitRecord record;
    record.version = version;
    auto model = std::make_shared<Parameters>(layout());
    model->values()[0] = static_cast<float>(version);
    record.model = std::move(model);
    record.report.round = version;
    Receipt receipt;
    receipt.device = version;
    record.receipts = {{version - 1, {receipt}}};
    return record;
  }
  // Gives the store some records and waits until they are on disk.
  static void write(Store& store, const std::vector<Record>& records) {
    auto written = std::make_shared<std::promise<void>>();  // the store lives on
    store.start([written, left = records.size()](const std::vector<Token>& tokens, const std::string& problem) mutable {
      EXPECT_EQ(problem, "");
      if (left > 0 && (left -= std::min(left, tokens.size())) == 0) written->set_value();
    });
    Token token = 0;
    for (const auto& record : records) store.append(++token, record);
    written->get_future().wait();
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                  ("brume_store_" + std::to_string(getpid()) + "_" + std::to_string(rand()));
};

TEST_F(StoreTest, KeepsRecordsInTheirOrder) {
  std::vector<Record> records;
  for (Version i = 0; i < 100; ++i) records.emplace_back(AnsweredRecord{{i, 2, 0}, Status::failed, "why"});
  records.emplace_back(commit(1));
  {
    Store store(folder_);
    write(store, records);
  }
  Store again(folder_);
  const auto read = again.records();
  ASSERT_EQ(read.size(), records.size());
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(archived(read[i]), archived(records[i]));
}

TEST_F(StoreTest, ASnapshotTakesTheirPlaceAndHistoryStays) {
  {
    Store store(folder_);
    write(store, {commit(1), commit(2), commit(3)});
    store.replace_records({Bytes(10, std::byte{5})});
    store.append(9, SettledRecord{{4, 5, 0}, Outcome::late});
    RoundReport report;
    report.round = 3;
    report.included = 7;
    store.add_round(report);
    store.put("key", Bytes(3));
  }
  Store again(folder_);
  const auto records = again.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<SnapshotRecord>(records[0]));
  EXPECT_TRUE(std::holds_alternative<SettledRecord>(records[1]));
  History history(folder_);
  EXPECT_EQ(history.model(2).values()[0], 2.0F);
  EXPECT_EQ(history.models().size(), 3U);
  EXPECT_EQ(history.models()[1].parameters, history.model(2).digest());
  EXPECT_EQ(history.receipts().at(3).front().second.front().device, 3U);
  ASSERT_EQ(history.rounds().size(), 1U);
  EXPECT_EQ(history.rounds().front().included, 7U);
  EXPECT_EQ(again.get("key")->size(), 3U);
  EXPECT_FALSE(again.get("other"));
  EXPECT_THROW((void)history.model(99), RequestError);
}

Record record() { return AnsweredRecord{{1, 2, 0}, Status::failed, "why"}; }
Record update(std::size_t bytes) {
  UpdateRecord record;
  record.update.vectors.push_back({"delta", std::make_shared<const std::vector<std::byte>>(bytes)});
  return record;
}

// A disk that is slow: what is given behind the first record waits until the test lets it go.
class SlowDisk : public StoreTest {
 protected:
  SlowDisk() {
    store_.start([this](const std::vector<Token>& tokens, const std::string& problem) {
      EXPECT_EQ(problem, "");
      durable_.insert(durable_.end(), tokens.begin(), tokens.end());
      began_.set_value();
      going_on_.wait();
      began_ = {};
    });
    store_.append(1, record());
    began_.get_future().wait();
  }
  // What is on disk in the end.
  std::vector<Record> written() {
    go_on_.set_value();
    store_.finish();
    return store_.records();
  }

  Store store_{folder_};
  std::vector<Token> durable_;
  std::promise<void> began_, go_on_;
  std::shared_future<void> going_on_ = go_on_.get_future().share();
};

TEST_F(SlowDisk, WhatASnapshotHoldsIsNotWrittenBesides) {
  for (Token token = 2; token < 50; ++token) store_.append(token, update(1 << 20));
  store_.replace_records({Bytes(10, std::byte{4})});
  store_.append(50, update(1 << 20));
  store_.replace_records({Bytes(10, std::byte{5})});
  EXPECT_EQ(store_.queued_bytes(), 10U);
  store_.append(51, record());
  const auto records = written();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(std::get<SnapshotRecord>(records[0]).bytes, Bytes(10, std::byte{5}));
  EXPECT_TRUE(std::holds_alternative<AnsweredRecord>(records[1]));
  std::vector<Token> all(51);
  std::iota(all.begin(), all.end(), Token{1});
  EXPECT_EQ(durable_, all);  // each once, in their order
}

TEST_F(SlowDisk, WhatStandsBehindARecordStaysBehindIt) {
  store_.append(2, commit(1));
  store_.append(3, record());
  store_.put("behind", Bytes(3));
  store_.append(4, record());
  store_.replace_records({Bytes(10, std::byte{4})});
  EXPECT_EQ(written().size(), 1U);
  EXPECT_EQ(durable_, (std::vector<Token>{1, 2, 3, 4}));
  EXPECT_TRUE(store_.get("behind"));
  EXPECT_EQ(History(folder_).models().size(), 1U);  // a step is a model too
}

// What is durable, in the batches in which the store says so; waits half a minute for a token and no longer.
class Batches {
 public:
  Store::OnDurable listener() {
    return [this](const std::vector<Token>& tokens, const std::string& problem) {
      EXPECT_EQ(problem, "");
      const std::lock_guard guard(mutex_);
      batches_.push_back(tokens);
      came_.notify_all();
    };
  }
  bool wait_for(Token token) {
    std::unique_lock guard(mutex_);
    return came_.wait_for(guard, std::chrono::seconds(30),
                          [&] { return !batches_.empty() && batches_.back().back() == token; });
  }
  const std::vector<std::vector<Token>>& all() const { return batches_; }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::vector<Token>> batches_;
};

// For an hour here: only what a snapshot, a record that cannot wait, the most that is held or the end lets go.
TEST_F(StoreTest, UpdatesAreHeldBackBetweenLongWrites) {
  Batches batches;
  Store store(folder_, std::chrono::hours(1));
  store.start(batches.listener());
  store.append(1, update(1 << 20));
  ASSERT_TRUE(batches.wait_for(1));
  store.append(2, update(1 << 20));
  store.append(3, update(1 << 20));
  store.replace_records({Bytes(1 << 20)});
  ASSERT_TRUE(batches.wait_for(3));
  store.append(4, update(1 << 20));
  store.append(5, record());
  ASSERT_TRUE(batches.wait_for(5));
  for (Token token = 6; token <= 21; ++token) store.append(token, update(1 << 20));
  ASSERT_TRUE(batches.wait_for(21));
  store.append(22, update(1 << 20));
  store.finish();
  std::vector<Token> sixteen(16);
  std::iota(sixteen.begin(), sixteen.end(), Token{6});
  EXPECT_EQ(batches.all(), (std::vector<std::vector<Token>>{{1}, {2, 3}, {4, 5}, sixteen, {22}}));
}

TEST_F(StoreTest, AnUpdateIsNotHeldBackForLonger) {
  Batches batches;
  Store store(folder_, std::chrono::milliseconds(1));
  store.start(batches.listener());
  for (Token token = 1; token <= 50; ++token) {
    store.append(token, update(1 << 20));
    ASSERT_TRUE(batches.wait_for(token));
  }
}

TEST_F(StoreTest, OldModelsGo) {
  std::vector<Record> records;
  for (Version i = 1; i <= 50; ++i) records.emplace_back(commit(i));
  Store store(folder_);
  write(store, records);
  EXPECT_LE(History(folder_).models().size(), 20U);
  EXPECT_EQ(History(folder_).models().back().version, 50U);
}

TEST_F(StoreTest, OneProcessAtATime) {
  const Store store(folder_);
  try {
    const Store other(folder_);
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_NE(std::string(error.what()).find("another process"), std::string::npos);
  }
}

TEST_F(StoreTest, RefusesALaterVersion) {
  { Store store(folder_); }
  {
    Database database(folder_ / "state.sqlite");
    database.execute("PRAGMA user_version = 99");
  }
  EXPECT_THROW(Store{folder_}, RequestError);
}

// A folder that the first schema's program left.
TEST_F(StoreTest, AnEarlierVersionIsBroughtUp) {
  std::filesystem::create_directories(folder_);
  {
    Database database(folder_ / "state.sqlite");
    database.execute(R"(CREATE TABLE records (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
                        CREATE TABLE models (version INTEGER PRIMARY KEY, committed INTEGER NOT NULL, body BLOB NOT NULL);
                        CREATE TABLE rounds (round INTEGER PRIMARY KEY, body BLOB NOT NULL);
                        CREATE TABLE receipts (round INTEGER PRIMARY KEY, body BLOB NOT NULL);
                        CREATE TABLE notes (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
                        PRAGMA user_version = 1)");
    const auto model = archived(*std::get<CommitRecord>(Record(commit(7))).model);
    database.prepare("INSERT INTO models VALUES (7, 5, ?)").bind(0, std::span(model)).run();
  }
  EXPECT_THROW(History{folder_}, RequestError);  // it only looks
  {
    Store store(folder_);
    write(store, {commit(8)});
  }
  History history(folder_);
  const auto models = history.models();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].version, 7U);
  EXPECT_EQ(models[0].origin, "round");
  EXPECT_EQ(history.model(7).values()[0], 7.0F);
}

TEST_F(StoreTest, KnowsHowATaskEnded) {
  Store store(folder_);
  auto one = commit(4);
  Receipt late;
  late.device = 9;
  late.attempt = 1;
  late.status = Status::late;
  one.receipts = {{1, {late}}};
  write(store, {commit(3), one});
  History history(folder_);
  EXPECT_EQ(history.ended(1, 9), Status::late);
  EXPECT_EQ(history.ended(1, 8), std::nullopt);
  EXPECT_EQ(history.ended(4, 9), std::nullopt);
}

TEST_F(StoreTest, BacksUpWhileItWorks) {
  {
    Store store(folder_);
    write(store, {commit(1)});
    std::filesystem::create_directories(folder_ / "copy");
    History(folder_).back_up_to(folder_ / "copy/state.sqlite");
  }
  EXPECT_EQ(History(folder_ / "copy").model(1).values()[0], 1.0F);
}

// Whatever the pages' size, and for nobody else's eyes.
TEST_F(StoreTest, BacksUpLargePages) {
  const auto copy = folder_ / "copy/state.sqlite";
  {
    Store store(folder_);
    store.expect_payloads(1 << 20);
    write(store, {commit(1)});
    std::filesystem::create_directories(copy.parent_path());
    History(folder_).back_up_to(copy);
  }
  EXPECT_EQ(std::filesystem::status(copy).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto database = Database::read_only(copy);
  auto page = database.prepare("PRAGMA page_size");
  ASSERT_TRUE(page.step());
  EXPECT_EQ(page.integer(0), 65'536);
  Store again(copy.parent_path());
  EXPECT_EQ(History(copy.parent_path()).model(1).values()[0], 1.0F);
  EXPECT_EQ(again.records().size(), 1U);
}

TEST_F(StoreTest, AJumpOfVersionsKeepsTheModelsBeforeIt) {
  Store store(folder_);
  write(store, {commit(1), commit(2), commit(1000)});
  EXPECT_EQ(History(folder_).models().size(), 3U);
}

TEST_F(StoreTest, SaysWhenItCannotBeWritten) {
  std::filesystem::create_directories(folder_);
  { std::ofstream(folder_ / "file") << "no folder"; }
  EXPECT_THROW(Store(folder_ / "file"), RequestError);
}

}  // namespace
}  // namespace brume::storage
