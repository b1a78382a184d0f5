#pragma once

#include <memory>
#include <string>
#include <vector>

#include "brume/codec.hpp"
#include "compression/sources.hpp"

namespace brume::compression::testing {

inline std::vector<float> gaussian(std::size_t count) { return draw("gaussian", count, 1); }
inline std::vector<float> laplace(std::size_t count) { return draw("laplace", count, 1); }
inline std::vector<float> generalised_gaussian(std::size_t count) { return draw("ggd", count, 1); }

/// A chain as a federation file writes it, such as `[{eden: {bits: 2}}, entropy]`.
std::shared_ptr<const Codec> codec(const std::string& yaml);

/// A codec as the value of `uplink` in a federation file.
std::shared_ptr<const Codec> uplink(const std::string& yaml);

/// What comes out of a codec, and what it took, all bytes counted.
struct Coded {
  std::vector<float> values;
  double bits;  ///< an element
};
Coded through(const Codec& codec, const std::vector<float>& x, std::uint64_t seed = 1);

}  // namespace brume::compression::testing
