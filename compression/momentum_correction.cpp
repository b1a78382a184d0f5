#include "compression/momentum_correction.hpp"

#include <cmath>
#include <string>

#include "brume/error.hpp"
#include "compression/grid.hpp"

namespace brume::compression {

Frame MomentumCorrection::encode(std::span<const float> values, const Layout& layout, const FrameContext& context,
                                 Stream stream, State& state) const {
  const auto key = "momentum/" + std::string(context.vector);
  auto momentum = std::move(state.integers[key]);  // the codec behind may add to the map
  momentum.resize(values.size());
  std::vector<float> wanted(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double sum = momentum_ * static_cast<double>(momentum[i]) / kGrid + static_cast<double>(values[i]);
    if (!(std::fabs(sum) < kGridBound))
      throw Error("an update's momentum is not finite or beyond its range: training diverged");
    wanted[i] = static_cast<float>(sum);
    momentum[i] = on_grid(wanted[i]);
  }
  auto frame = inner_->encode(wanted, layout, context, stream, state);
  std::vector<float> sent(values.size());
  decode(*frame, layout, sent);
  for (std::size_t i = 0; i < sent.size(); ++i)
    if (sent[i] != 0) momentum[i] = 0;
  state.integers[key] = std::move(momentum);
  return frame;
}

}  // namespace brume::compression
