#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace brume::sim {

/// A priority queue of plain events for simulations: amortised O(1) for a push and a pop, whatever the distribution of
/// times. Events far ahead lie unsorted; when their time comes they are dealt into buckets, crowded buckets into
/// narrower ones (rungs of a ladder), and the next few are sorted (Tang, Goh and Thng, "Ladder queue: an O(1) priority
/// queue structure for large-scale discrete event simulation", ACM TOMACS 15(3), 2005). `Event` has `at` (Time) and
/// `sequence`; the order is that of (at, sequence). Nothing is at the end of time, Time::max().
template <class Event>
class LadderQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(const Event& event) {
    ++size_;
    const std::int64_t at = time_of(event);
    if (at >= top_start_) {
      least_ = std::min(least_, at);
      most_ = std::max(most_, at);
      top_.push_back(event);
      return;
    }
    for (std::size_t i = 0; i < depth_; ++i)
      if (at >= rungs_[i].next_start()) return rungs_[i].add(event, at);
    insert_sorted(event);
  }

  /// The first event; not of an empty queue.
  const Event& top() {
    if (bottom_.empty()) refill();
    return bottom_.back();
  }
  Event pop() {
    const Event event = top();
    bottom_.pop_back();
    --size_;
    return event;
  }

  /// All events, in no order.
  std::vector<Event> events() const {
    std::vector<Event> all(bottom_);
    all.insert(all.end(), top_.begin(), top_.end());
    for (std::size_t i = 0; i < depth_; ++i)
      for (const auto& bucket : rungs_[i].buckets) all.insert(all.end(), bucket.begin(), bucket.end());
    return all;
  }

 private:
  static constexpr std::size_t kSorted = 48;  // more in a bucket are dealt into narrower ones first
  static constexpr std::size_t kMostBuckets = 1024;
  static constexpr std::size_t kMostRungs = 8;

  static constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

  static std::int64_t time_of(const Event& event) { return event.at.time_since_epoch().count(); }
  static bool later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.sequence > b.sequence; }

  struct Rung {
    std::int64_t start = 0;
    std::int64_t width = 1;
    std::size_t current = 0;  // the first bucket that has not been taken
    std::size_t used = 0;     // buckets of this rung; the vector may have more
    std::size_t count = 0;    // events
    std::vector<std::vector<Event>> buckets;

    std::int64_t next_start() const {
      const auto ahead = static_cast<__int128>(current) * width + start;
      return ahead < kEnd ? static_cast<std::int64_t>(ahead) : kEnd;
    }
    void add(const Event& event, std::int64_t at) {
      const auto place = static_cast<std::size_t>((at - start) / width);
      buckets[std::min(place, used - 1)].push_back(event);
      ++count;
    }
  };

  // Events from `least` to `most` go to a new innermost rung.
  void deal(std::vector<Event>& events, std::int64_t least, std::int64_t most) {
    if (rungs_.size() == depth_) rungs_.emplace_back();
    auto& rung = rungs_[depth_++];
    const auto wanted = std::clamp<std::size_t>(events.size(), 2, kMostBuckets);
    rung.start = least;
    rung.width = (most - least) / static_cast<std::int64_t>(wanted) + 1;
    rung.current = 0;
    rung.used = static_cast<std::size_t>((most - least) / rung.width) + 1;
    rung.count = 0;
    if (rung.buckets.size() < rung.used) rung.buckets.resize(rung.used);
    for (const auto& event : events) rung.add(event, time_of(event));
    events.clear();
  }

  void refill() {
    while (bottom_.empty()) {
      while (depth_ > 0 && rungs_[depth_ - 1].count == 0) --depth_;
      if (depth_ == 0) {
        deal(top_, least_, most_);
        top_start_ = most_ + 1;
        least_ = kEnd;
        most_ = std::numeric_limits<std::int64_t>::min();
      }
      take_bucket();
    }
  }

  void take_bucket() {
    auto& rung = rungs_[depth_ - 1];
    while (rung.buckets[rung.current].empty()) ++rung.current;
    auto& bucket = rung.buckets[rung.current];
    const std::int64_t start = rung.next_start();
    const std::int64_t width = rung.width;
    rung.count -= bucket.size();
    ++rung.current;
    bottom_.assign(bucket.begin(), bucket.end());
    bucket.clear();
    if (bucket.capacity() > kSorted) bucket.shrink_to_fit();  // crowds' memory would gather in all buckets
    if (bottom_.size() > kSorted && width > 1 && depth_ < kMostRungs) {
      deal(bottom_, start, start + width - 1);
    } else {
      std::sort(bottom_.begin(), bottom_.end(), later);
    }
  }

  // Into the next few, which are dealt into a rung of their own when they become many.
  void insert_sorted(const Event& event) {
    if (bottom_.size() > 2 * kSorted && depth_ < kMostRungs && bottom_.front().at != bottom_.back().at) {
      const std::int64_t end = depth_ > 0 ? rungs_[depth_ - 1].next_start() : top_start_;
      const std::int64_t start = std::min(time_of(bottom_.back()), time_of(event));
      deal(bottom_, start, end - 1);
      return rungs_[depth_ - 1].add(event, time_of(event));
    }
    bottom_.insert(std::upper_bound(bottom_.begin(), bottom_.end(), event, later), event);
  }

  std::size_t size_ = 0;
  std::vector<Event> top_;  // at top_start_ or later
  std::int64_t top_start_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t least_ = kEnd;
  std::int64_t most_ = std::numeric_limits<std::int64_t>::min();
  std::vector<Rung> rungs_;
  std::size_t depth_ = 0;      // rungs in use, the last one the narrowest
  std::vector<Event> bottom_;  // sorted, the first event last
};

}  // namespace brume::sim
