#include "core/worker_pool.hpp"

namespace brume {

WorkerPool::WorkerPool(unsigned workers, const std::function<void()>& on_start) {
  on_start();
  for (unsigned worker = 1; worker < workers; ++worker)
    threads_.emplace_back([this, worker, on_start] {
      on_start();
      serve(worker);
    });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void WorkerPool::post(Time urgency, Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace(urgency, std::move(work));
  }
  if (!threads_.empty()) changed_.notify_one();
}

void WorkerPool::drain() {
  std::unique_lock lock(mutex_);
  queue_.clear();
  changed_.wait(lock, [this] { return running_ == 0; });
}

void WorkerPool::work_until(const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  while (!done()) {
    if (queue_.empty()) {
      const auto before = ended_;
      changed_.wait(lock, [&] { return ended_ != before || !queue_.empty(); });
      continue;
    }
    const Work work = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    lock.unlock();
    work(0);
    lock.lock();
    ++ended_;
  }
}

void WorkerPool::serve(unsigned worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Work work = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    ++running_;
    lock.unlock();
    work(worker);
    lock.lock();
    --running_;
    ++ended_;
    changed_.notify_all();
  }
}

}  // namespace brume
