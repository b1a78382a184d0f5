#include "net/local_work.hpp"

#include <malloc.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "brume/error.hpp"

namespace brume::net {

LocalWork::LocalWork(boost::asio::io_context& context, std::shared_ptr<const LearningBackend> backend,
                     TrainingSetup setup, Tell tell, Fail fail, std::shared_ptr<Governor> governor,
                     std::optional<Pace> pace)
    : context_(context),
      tell_(std::move(tell)),
      fail_(std::move(fail)),
      governor_(std::move(governor)),
      pace_(std::move(pace)),
      thread_([this, backend = std::move(backend), setup = std::move(setup)] { serve(*backend, setup); }) {}

LocalWork::~LocalWork() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LocalWork::add(Job job) {
  {
    const std::lock_guard guard(mutex_);
    queue_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void LocalWork::drop(const TaskId& task) {
  const std::lock_guard guard(mutex_);
  if (waiting_ == task) waiting_.reset();
  changed_.notify_all();
  std::erase_if(queue_, [&](const Job& job) {
    const auto* train = std::get_if<Train>(&job);
    return train && train->job.task == task;
  });
}

void LocalWork::serve(const LearningBackend& backend, TrainingSetup setup) {
  setup.interrupted = [this] {
    if (governor_) governor_->between_steps(stopping_);
    return stopping_.load();
  };
  LearningBackend::Workers workers;
  try {
    workers = backend.start(setup);
  } catch (const std::exception& error) {
    return report(error.what());
  }
  std::unique_lock guard(mutex_);
  while (true) {
    changed_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto job = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    try {
      auto event = done(workers, job);
      if (!stopping_) boost::asio::post(context_, [tell = tell_, event = std::move(event)] { tell(event); });
      // A device that waits for its next task leaves its memory to others.
      malloc_trim(0);
    } catch (const Interrupted&) {  // this is being destroyed
    } catch (const std::exception& error) {
      report(error.what());
    }
    guard.lock();
  }
}

// What is posted may be done when this is gone: it refers to the node alone.
void LocalWork::report(const std::string& problem) {
  boost::asio::post(context_, [fail = fail_, problem] { fail(problem); });
}

Event LocalWork::done(const LearningBackend::Workers& workers, const Job& job) {
  if (const auto* model = std::get_if<Evaluate>(&job))
    return Evaluated{model->token, workers.evaluator->evaluate(*model->model)};
  const auto& train = std::get<Train>(job);
  const auto began = std::chrono::steady_clock::now();
  auto event = trained(workers, train);
  if (pace_) keep_pace(train.job.task, began);
  return event;
}

Event LocalWork::trained(const LearningBackend::Workers& workers, const Train& train) const {
  if (governor_) governor_->begin_task();
  workers.trainer->submit(train.job);
  auto result = workers.trainer->take(train.job.task);
  if (!result.error.empty()) return TrainFailed{train.token, std::move(result.error)};
  return Trained{train.token, std::move(result)};
}

void LocalWork::keep_pace(const TaskId& task, std::chrono::steady_clock::time_point began) {
  constexpr Duration kLongest = std::chrono::hours(24 * 365);  // the clock goes no farther than some centuries
  const auto due = began + std::min(pace_->time_of(task), kLongest);
  const auto now = std::chrono::steady_clock::now();
  if (now > due) return pace_->missed(task, now - due);
  malloc_trim(0);
  std::unique_lock guard(mutex_);
  waiting_ = task;
  changed_.wait_until(guard, due, [this] { return stopping_ || !waiting_; });
  waiting_.reset();
}

}  // namespace brume::net
