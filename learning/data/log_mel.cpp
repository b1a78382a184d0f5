#include "learning/data/log_mel.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/fft_rfft.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/hann_window.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace brume::learning {

namespace {

double to_mel(double hertz) { return 2595.0 * std::log10(1.0 + hertz / 700.0); }
double to_hertz(double mel) { return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0); }

// bands × bins: triangle b rises from edge b to edge b + 1 and falls to edge b + 2.
at::Tensor filter_bank(std::int64_t bands, std::int64_t points, double rate) {
  const std::int64_t bins = points / 2 + 1;
  const double lowest = to_mel(20);
  const double step = (to_mel(rate / 2) - lowest) / static_cast<double>(bands + 1);
  const auto edge = [&](std::int64_t i) { return to_hertz(lowest + step * static_cast<double>(i)); };
  at::Tensor bank = at::zeros({bands, bins}, at::kFloat);
  float* weights = bank.data_ptr<float>();
  for (std::int64_t band = 0; band < bands; ++band)
    for (std::int64_t bin = 0; bin < bins; ++bin) {
      const double hertz = rate * static_cast<double>(bin) / static_cast<double>(points);
      const double rising = (hertz - edge(band)) / (edge(band + 1) - edge(band));
      const double falling = (edge(band + 2) - hertz) / (edge(band + 2) - edge(band + 1));
      *weights++ = static_cast<float>(std::max(0.0, std::min(rising, falling)));
    }
  return bank;
}

}  // namespace

struct LogMel::Implementation {
  explicit Implementation(const LogMelOptions& options) : bands(options.bands) {
    const auto rate = static_cast<double>(options.rate);
    const auto samples_in = [&](double seconds) { return std::max<std::int64_t>(1, std::lround(seconds * rate)); };
    frame = samples_in(options.frame);
    hop = samples_in(options.hop);
    samples = std::max(samples_in(options.length), frame);
    frames = (samples - frame) / hop + 1;
    points = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(frame)));
    window = at::hann_window(frame, at::kFloat);
    bank = filter_bank(bands, points, rate);
  }
  std::int64_t bands;
  std::int64_t frame = 0, hop = 0, samples = 0, frames = 0, points = 0;
  at::Tensor window;
  at::Tensor bank;
};

LogMel::LogMel(const LogMelOptions& options) {
  const c10::InferenceMode guard;
  implementation_ = std::make_unique<Implementation>(options);
}
LogMel::~LogMel() = default;
LogMel::LogMel(LogMel&&) noexcept = default;

std::int64_t LogMel::bands() const { return implementation_->bands; }
std::int64_t LogMel::frames() const { return implementation_->frames; }

void LogMel::compute(std::span<const float> samples, float* out) const {
  const c10::InferenceMode guard;
  const auto& mel = *implementation_;
  std::vector<float> padded(static_cast<std::size_t>(mel.samples));
  std::copy_n(samples.begin(), std::min(samples.size(), padded.size()), padded.begin());
  const auto frames = at::from_blob(padded.data(), {mel.samples}, at::kFloat).unfold(0, mel.frame, mel.hop);
  const auto spectrum = at::fft_rfft(frames * mel.window, mel.points);
  const auto power = spectrum.abs().pow(2);
  const auto energies = at::mm(mel.bank, power.t());
  at::from_blob(out, {mel.bands, mel.frames}, at::kFloat).copy_((energies + 1e-6).log());
}

}  // namespace brume::learning
