#include "core/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

namespace brume {
namespace {

Time at(int seconds) { return Time(std::chrono::seconds(seconds)); }

TEST(WorkerPool, OneWorkerIsTheCallerAndKeepsTheOrderOfUrgency) {
  WorkerPool pool(1, [] {});
  std::vector<int> order;
  for (const int urgency : {3, 1, 2})
    pool.post(at(urgency), [&, urgency](unsigned worker) {
      EXPECT_EQ(worker, 0U);
      order.push_back(urgency);
    });
  pool.work_until([&] { return order.size() == 3; });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(WorkerPool, AllWorkIsDoneOnceByAnyNumberOfWorkers) {
  for (const unsigned workers : {1U, 2U, 4U}) {
    std::atomic<int> started = 0;
    WorkerPool pool(workers, [&] { ++started; });
    std::vector<std::atomic<int>> done(2000);
    std::atomic<std::size_t> count = 0;
    for (auto& item : done)
      pool.post(at(0), [&](unsigned worker) {
        EXPECT_LT(worker, workers);
        ++item;
        ++count;
      });
    pool.work_until([&] { return count == done.size(); });
    for (const auto& item : done) EXPECT_EQ(item, 1);
    EXPECT_LE(started, static_cast<int>(workers));
  }
}

TEST(WorkerPool, ForgetsWhatWasNotStarted) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2, [] {});
    for (int i = 0; i < 1000; ++i) pool.post(at(i), [&](unsigned) { ++done; });
  }
  EXPECT_LE(done, 1000);
}

TEST(WorkerPool, AfterDrainingNothingRuns) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    WorkerPool pool(3, [] {});
    auto counter = std::make_unique<std::atomic<int>>(0);
    for (int i = 0; i < 100; ++i) pool.post(at(i), [&counter = *counter](unsigned) { ++counter; });
    pool.drain();
    counter.reset();  // the address sanitizer watches
  }
}

}  // namespace
}  // namespace brume
