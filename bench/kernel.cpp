// Events a second of the simulator's queue, against the two that everyone would try first: std::priority_queue of
// std::function, and a heap of the same plain events. Every pending device pops, works (a few additions) and schedules
// its next event; medians of several runs, all in one process.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <queue>

#include "brume/random.hpp"
#include "sim/event_queue.hpp"

namespace {

using namespace brume;
using namespace brume::sim;

// How far ahead the next event is: exponential, half of the time a thousandth of that.
class Delays {
 public:
  Delays() : delays_(1 << 16) {
    Stream stream(1, Purpose::plugin);
    for (auto& delay : delays_)
      delay = Duration(
          1 + static_cast<std::int64_t>(-1e9 * std::log(1 - stream.uniform()) * (stream.below(2) == 0 ? 1 : 1e-3)));
  }
  Duration next() { return delays_[place_++ & (delays_.size() - 1)]; }

 private:
  std::vector<Duration> delays_;
  std::size_t place_ = 0;
};

struct Devices {
  explicit Devices(std::size_t count) : work(count) {}
  void run(std::uint64_t device, Time now) {
    work[device] += static_cast<std::uint64_t>(now.time_since_epoch().count());
  }
  std::vector<std::uint64_t> work;
};

// The style that simulators are usually written in.
struct Callbacks {
  struct Entry {
    Time at;
    std::uint64_t sequence;
    std::function<void()> call;
    bool operator<(const Entry& other) const { return at != other.at ? at > other.at : sequence > other.sequence; }
  };
  explicit Callbacks(std::size_t count) : devices(count) {
    for (std::size_t i = 0; i < count; ++i) schedule(i);
  }
  void schedule(std::uint64_t device) {
    queue.push({now + delays.next(), sequence++, [this, device] {
                  devices.run(device, now);
                  schedule(device);
                }});
  }
  void step() {
    const Entry entry = std::move(const_cast<Entry&>(queue.top()));
    queue.pop();
    now = entry.at;
    entry.call();
  }
  Delays delays;
  Devices devices;
  std::priority_queue<Entry> queue;
  Time now{};
  std::uint64_t sequence = 0;
};

// Plain events in the standard library's heap.
struct Heap {
  struct Later {
    bool operator()(const QueuedEvent& a, const QueuedEvent& b) const {
      return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }
  };
  explicit Heap(std::size_t count) : devices(count) {
    for (std::size_t i = 0; i < count; ++i) schedule(i);
  }
  void schedule(std::uint64_t device) {
    queue.push({now + delays.next(), sequence++, QueuedEvent::Kind::timer, NodeId::device(device), 0});
  }
  void step() {
    const auto event = queue.top();
    queue.pop();
    now = event.at;
    devices.run(event.node.index, now);
    schedule(event.node.index);
  }
  Delays delays;
  Devices devices;
  std::priority_queue<QueuedEvent, std::vector<QueuedEvent>, Later> queue;
  Time now{};
  std::uint64_t sequence = 0;
};

// What the simulator uses.
struct Ours {
  explicit Ours(std::size_t count) : devices(count) {
    for (std::size_t i = 0; i < count; ++i) schedule(i);
  }
  void schedule(std::uint64_t device) {
    queue.schedule(now + delays.next(), QueuedEvent::Kind::timer, NodeId::device(device), 0);
  }
  void step() {
    const auto event = queue.pop();
    now = event.at;
    devices.run(event.node.index, now);
    schedule(event.node.index);
  }
  Delays delays;
  Devices devices;
  EventQueue queue;
  Time now{};
};

template <class Kernel>
double events_per_second(std::size_t devices) {
  const std::size_t events = std::max<std::size_t>(2'000'000, 2 * devices);
  Kernel kernel(devices);
  for (std::size_t i = 0; i < devices; ++i) kernel.step();
  const auto started = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < events; ++i) kernel.step();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return static_cast<double>(events) / seconds;
}

// Seconds for a crowd that is scheduled behind one far deadline, as at the start of a round, and then runs.
double seconds_of_crowd(std::size_t crowd, bool ladder) {
  EventQueue ours;
  std::priority_queue<QueuedEvent, std::vector<QueuedEvent>, Heap::Later> heap;
  const auto push = [&](Time at, std::uint64_t device) {
    ladder ? ours.schedule(at, QueuedEvent::Kind::timer, NodeId::device(device), 0)
           : heap.push({at, device, QueuedEvent::Kind::timer, NodeId::device(device), 0});
  };
  Delays delays;
  const auto started = std::chrono::steady_clock::now();
  for (int round = 0; round < 5; ++round) {
    const Time begin{std::chrono::hours(round)};
    push(begin + std::chrono::minutes(10), 0);
    push(begin, 1);
    for (std::size_t i = 0; i <= crowd + 1; ++i) {
      if (i == 1)
        for (std::size_t k = 0; k < crowd; ++k) push(begin + delays.next(), k);
      if (ladder) {
        ours.pop();
      } else {
        heap.pop();
      }
    }
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  fmt::print("{:>10} {:>26} {:>16} {:>16} {:>10} {:>10}\n", "pending", "std::function, M events/s", "heap", "ladder",
             "to std::f.", "to heap");
  for (const std::size_t devices : {1'000, 10'000, 100'000, 1'000'000}) {
    std::vector<double> callbacks, heap, ours;
    for (int run = 0; run < 5; ++run) {
      callbacks.push_back(events_per_second<Callbacks>(devices) / 1e6);
      heap.push_back(events_per_second<Heap>(devices) / 1e6);
      ours.push_back(events_per_second<Ours>(devices) / 1e6);
    }
    fmt::print("{:>10} {:>26.2f} {:>16.2f} {:>16.2f} {:>10.2f} {:>10.2f}\n", devices, median(callbacks), median(heap),
               median(ours), median(ours) / median(callbacks), median(ours) / median(heap));
  }
  for (const std::size_t crowd : {1'000, 100'000}) {
    std::vector<double> ratios;
    for (int run = 0; run < 5; ++run) ratios.push_back(seconds_of_crowd(crowd, false) / seconds_of_crowd(crowd, true));
    fmt::print("a crowd of {} before a far deadline: {:.2f} times as fast as the heap\n", crowd, median(ratios));
  }
}
