#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>

#include "brume/training.hpp"
#include "messages/events.hpp"
#include "net/governor.hpp"

namespace brume::net {

/// A machine that plays a slower one: how long tasks take on that. What is done earlier is told then.
struct Pace {
  std::function<Duration(const TaskId&)> time_of;
  std::function<void(const TaskId&, Duration late)> missed;  ///< it took longer; on the training's thread
};

/// Trains and evaluates on a thread of its own, one thing after the other, and tells how it went on the io_context's.
class LocalWork {
 public:
  using Tell = std::function<void(Event)>;
  using Fail = std::function<void(const std::string&)>;  ///< what is no task's failure: data that are gone

  /// The backend's workers are made on the new thread, on which `governor`, if there is one, is asked between steps.
  LocalWork(boost::asio::io_context& context, std::shared_ptr<const LearningBackend> backend, TrainingSetup setup,
            Tell tell, Fail fail, std::shared_ptr<Governor> governor = nullptr, std::optional<Pace> pace = {});
  ~LocalWork();  ///< interrupts what is under way
  LocalWork(const LocalWork&) = delete;
  LocalWork& operator=(const LocalWork&) = delete;

  void train(Train job) { add(std::move(job)); }
  void evaluate(Evaluate model) { add(std::move(model)); }
  /// A task that has not been begun is forgotten; the result of one that has is of no use any more.
  void drop(const TaskId& task);

 private:
  using Job = std::variant<Train, Evaluate>;
  void add(Job job);
  void serve(const LearningBackend& backend, TrainingSetup setup);
  void report(const std::string& problem);
  Event done(const LearningBackend::Workers& workers, const Job& job);
  Event trained(const LearningBackend::Workers& workers, const Train& train) const;
  void keep_pace(const TaskId& task, std::chrono::steady_clock::time_point began);

  boost::asio::io_context& context_;
  Tell tell_;
  Fail fail_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  std::optional<TaskId> waiting_;  // for its time to be over
  std::shared_ptr<Governor> governor_;
  std::optional<Pace> pace_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace brume::net
