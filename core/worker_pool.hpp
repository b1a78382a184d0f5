#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "brume/time.hpp"

namespace brume {

/// Threads that do posted work, the most urgent first. The caller is one of them: while it waits it works, so that one
/// worker means no thread at all and no hand-over.
class WorkerPool {
 public:
  using Work = std::function<void(unsigned worker)>;

  /// `workers` ≥ 1, counting the caller, which is worker 0. `on_start` runs once on each thread.
  WorkerPool(unsigned workers, const std::function<void()>& on_start);
  ~WorkerPool();  ///< drains
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  unsigned size() const { return static_cast<unsigned>(threads_.size()) + 1; }

  /// Queues work; it must not throw.
  void post(Time urgency, Work work);

  /// Forgets the queue and waits until no work is running: what work refers to may go afterwards.
  void drain();

  /// Works until `done()`, which is asked whenever some work has ended. Called by the owner's thread only.
  void work_until(const std::function<bool()>& done);

 private:
  void serve(unsigned worker);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Time, Work> queue_;  // equal urgencies in the order of posting
  std::uint64_t ended_ = 0;
  unsigned running_ = 0;  // on the threads
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace brume
