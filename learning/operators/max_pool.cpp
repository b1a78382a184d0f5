#include "learning/operators/max_pool.hpp"

namespace brume::learning {

void max_pool_forward(const float* input, const Planes& planes, float* output, std::uint8_t* winners) {
  const std::int64_t half = planes.width / 2;
  for (std::int64_t row = 0; row < planes.count * planes.height / 2; ++row) {
    const float* above = input + row * 2 * planes.width;
    const float* below = above + planes.width;
    for (std::int64_t i = 0; i < half; ++i) {
      const float top = above[2 * i] >= above[2 * i + 1] ? above[2 * i] : above[2 * i + 1];
      const float bottom = below[2 * i] >= below[2 * i + 1] ? below[2 * i] : below[2 * i + 1];
      const int top_winner = above[2 * i] >= above[2 * i + 1] ? 0 : 1;
      const int bottom_winner = below[2 * i] >= below[2 * i + 1] ? 2 : 3;
      output[i] = top >= bottom ? top : bottom;
      winners[i] = static_cast<std::uint8_t>(top >= bottom ? top_winner : bottom_winner);
    }
    output += half;
    winners += half;
  }
}

void max_pool_backward(const float* output_gradient, const std::uint8_t* winners, const Planes& planes,
                       float* input_gradient) {
  const std::int64_t half = planes.width / 2;
  for (std::int64_t row = 0; row < planes.count * planes.height / 2; ++row) {
    float* above = input_gradient + row * 2 * planes.width;
    float* below = above + planes.width;
    for (std::int64_t i = 0; i < half; ++i) {
      above[2 * i] = winners[i] == 0 ? output_gradient[i] : 0.0F;
      above[2 * i + 1] = winners[i] == 1 ? output_gradient[i] : 0.0F;
      below[2 * i] = winners[i] == 2 ? output_gradient[i] : 0.0F;
      below[2 * i + 1] = winners[i] == 3 ? output_gradient[i] : 0.0F;
    }
    output_gradient += half;
    winners += half;
  }
}

}  // namespace brume::learning
