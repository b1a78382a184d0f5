#include "compression/rotation.hpp"

#include <cmath>

#include "compression/hadamard.hpp"

namespace brume::compression {

namespace {

void shorten(std::span<float> part) {
  const auto factor = static_cast<float>(1 / std::sqrt(static_cast<double>(part.size())));
  for (float& value : part) value *= factor;
}

}  // namespace

std::vector<std::uint32_t> random_signs(Stream& stream, std::size_t size) {
  std::vector<std::uint32_t> words((size + 31) / 32);
  stream.fill(words);
  return words;
}

void rotate(std::span<float> values, Stream stream) {
  for_each_part(values.size(), [&](std::size_t first, std::size_t size) {
    const auto part = values.subspan(first, size);
    flip_signs(part, random_signs(stream, size));
    shorten(part);
    walsh_hadamard(part);
  });
}

void rotate_back(std::span<float> values, Stream stream) {
  for_each_part(values.size(), [&](std::size_t first, std::size_t size) {
    const auto part = values.subspan(first, size);
    shorten(part);
    walsh_hadamard(part);
    flip_signs(part, random_signs(stream, size));
  });
}

}  // namespace brume::compression
