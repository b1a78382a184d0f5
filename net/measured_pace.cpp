#include "net/measured_pace.hpp"

#include <iterator>

namespace brume::net {

// Trainings are one after the other: those that began before this one have ended or were dropped.
void MeasuredPace::trained(Token training, Clock::time_point now) {
  const auto begun = begun_.find(training);
  if (begun == begun_.end()) return;
  training_ = std::chrono::duration_cast<Duration>(now - begun->second);
  begun_.erase(begun_.begin(), std::next(begun));
}

void MeasuredPace::sent(const TaskId& task, std::size_t bytes, Clock::time_point now) {
  sent_.insert_or_assign(task, Sent{bytes, now});
}

void MeasuredPace::stored(const TaskId& task, Clock::time_point now) {
  const auto sent = sent_.extract(task);
  if (sent.empty()) return;
  const double seconds = std::chrono::duration<double>(now - sent.mapped().at).count();
  if (seconds > 0) bytes_per_second_ = static_cast<double>(sent.mapped().bytes) / seconds;
}

std::optional<client::Pace> MeasuredPace::pace() const {
  if (!training_ || !bytes_per_second_) return std::nullopt;
  return client::Pace{*training_, *bytes_per_second_, Duration(0)};
}

}  // namespace brume::net
