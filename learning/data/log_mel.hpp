#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace brume::learning {

struct LogMelOptions {
  std::int64_t rate = 16000;  ///< samples a second
  double length = 1;          ///< seconds of a recording that are looked at; shorter ones are followed by silence
  double frame = 0.032;       ///< seconds
  double hop = 0.016;         ///< seconds from one frame to the next
  std::int64_t bands = 40;
};

/// Log-mel features: the power spectrum of each frame under a Hann window, summed in triangles that are equally wide on
/// the mel scale (m = 2595·log₁₀(1 + f/700), HTK) from 20 Hz to half the rate, and its logarithm. Safe to use from
/// several threads.
class LogMel {
 public:
  explicit LogMel(const LogMelOptions& options);
  ~LogMel();
  LogMel(LogMel&&) noexcept;
  std::int64_t bands() const;
  std::int64_t frames() const;
  /// Writes bands × frames.
  void compute(std::span<const float> samples, float* out) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace brume::learning
