#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brume/codec.hpp"
#include "brume/registry.hpp"

namespace brume::cli {

/// What codecs are measured on.
struct CodecInput {
  std::string name = "gaussian";      ///< a source, a model (.brume) or a file of little-endian float32
  std::uint64_t elements = 1U << 20;  ///< that are drawn from a source
};

struct CodecValues {
  std::vector<float> values;
  LayoutPointer layout;  ///< a model's own; otherwise one vector
};

/// Throws RequestError for an input that there is not.
CodecValues read_input(const CodecInput& input);

/// From a chain as a federation file writes it. Throws RequestError.
std::shared_ptr<const Codec> chain_of(const std::string& chain, const Registry& registry);

struct CodecFigures {
  std::string chain;
  double bits = 0;
  double nmse = 0;
  double bias = 0;               ///< of the part along the input
  std::optional<double> beyond;  ///< Shannon's bound at that error, bits
  double encode = 0;             ///< bytes of floats a second
  double decode = 0;
};

/// Encodes and decodes `repetitions` times at least; the median counts.
CodecFigures measure(const std::string& chain, const CodecValues& x, const CodecInput& input, const Registry& registry,
                     int repetitions);

/// Bytes a second of a copy of the values.
double copy_speed(const std::vector<float>& values, int repetitions);

}  // namespace brume::cli
