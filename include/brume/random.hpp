#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "brume/task.hpp"

namespace brume {

/// Philox 4×32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, §4.3: a bijection of the
/// counter for each key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// What random numbers are for. Each purpose has streams of its own, so that adding a draw somewhere moves no other.
/// The numbers are part of "same seed, same run": never renumber.
enum class Purpose : std::uint32_t {
  initialise = 1,
  selection = 2,
  shuffle = 3,
  uplink = 4,
  downlink = 5,
  partition = 6,
  generate = 7,
  test_split = 8,
  fog_uplink = 9,
  training_time = 10,
  device_evaluation = 11,
  dropout = 12,
  feature_shift = 13,
  partial_work = 14,
  shared_codec = 15,
  plugin = 1000,  ///< plug-ins count up from here
};

/// A stream of random numbers, a pure function of (seed, purpose, key): the order in which streams are drawn from, or
/// by which thread, never matters. A value; copying forks the stream.
class Stream {
 public:
  Stream(std::uint64_t seed, Purpose purpose, std::uint64_t high = 0, std::uint64_t low = 0);
  Stream(std::uint64_t seed, Purpose purpose, const TaskId& task)
      : Stream(seed, purpose, task.device, task.version << 8 | (task.attempt & 0xFF)) {}

  /// Another stream that belongs to this one, wherever this one stands.
  Stream fork(std::uint64_t index) const;

  std::uint32_t next();
  std::uint64_t next64();
  double uniform();                           ///< in [0, 1), 53 bits
  std::uint64_t below(std::uint64_t bound);   ///< uniform in 0 … bound − 1 without bias (Lemire 2019); bound ≥ 1
  double normal();                            ///< standard normal (Box and Muller 1958)
  double log_gamma(double shape);             ///< logarithm of a gamma variate, unit scale (Marsaglia and Tsang 2000)
  void fill(std::span<std::uint32_t> words);  ///< the same words as next(), faster

  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_{};
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;  // Box–Muller makes two

  void refill();
};

}  // namespace brume
