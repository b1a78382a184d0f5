#pragma once

#include <cstdint>

namespace brume::learning {

/// Planes of height × width, all even.
struct Planes {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// 2×2 max pooling with stride 2; `winners` receives which of the four won (0 … 3, row by row), the first of equals.
/// Written here because LibTorch's kernel takes longer than the convolution before it.
void max_pool_forward(const float* input, const Planes& planes, float* output, std::uint8_t* winners);

/// Writes all of `input_gradient`: each output's gradient where its winner was, zero elsewhere.
void max_pool_backward(const float* output_gradient, const std::uint8_t* winners, const Planes& planes,
                       float* input_gradient);

}  // namespace brume::learning
