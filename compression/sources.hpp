#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace brume::compression {

/// Names of what draw() knows: gaussian, laplace, and ggd, a generalised Gaussian with exponent ½.
std::vector<std::string> source_names();

/// Independent elements of variance 1. `name` is one of source_names().
std::vector<float> draw(const std::string& name, std::size_t count, std::uint64_t seed);

/// ‖y − x‖² / ‖x‖²; 0 if both are zero.
double nmse(std::span<const float> x, std::span<const float> y);

/// The fewest bits an element with which a source can be had at that NMSE (Shannon 1959): ½ log₂(1/D) for a normal one;
/// for the others interpolated between points of Blahut's algorithm (1972). None outside of them, or for another
/// source.
std::optional<double> shannon_bits(const std::string& name, double nmse);

}  // namespace brume::compression
