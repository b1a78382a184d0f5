#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brume::compression {

/// ⌈fraction · count⌉, at least one if there are any.
std::size_t share_of(double fraction, std::size_t count);

/// A fraction in (0, 1] as a stage's parameters. Taking one throws FormatError in the name of `stage`.
std::vector<std::byte> fraction_parameters(double fraction);
double fraction_from(std::span<const std::byte> parameters, const char* stage);

}  // namespace brume::compression
