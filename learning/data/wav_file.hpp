#pragma once

#include <filesystem>
#include <vector>

namespace brume::learning {

/// A recording: 16-bit PCM with one channel, as numbers in −1 … 1.
struct Recording {
  std::int64_t rate = 0;  ///< samples a second
  std::vector<float> samples;
};

/// Reads a RIFF WAVE file. Throws RequestError for one that is truncated, has several channels, or is compressed.
Recording read_wav(const std::filesystem::path& path);

}  // namespace brume::learning
