#include "compression/error_feedback.hpp"

#include <cmath>
#include <string>

#include "brume/error.hpp"
#include "compression/grid.hpp"

namespace brume::compression {

namespace {

std::string key_of(std::string_view vector) { return "residual/" + std::string(vector); }

}  // namespace

Frame ErrorFeedback::encode(std::span<const float> values, const Layout& layout, const FrameContext& context,
                            Stream stream, State& state) const {
  const auto key = key_of(context.vector);
  auto residual = std::move(state.integers[key]);  // the codec within may make the state anew
  residual.resize(values.size());
  std::vector<float> wanted(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(std::fabs(values[i]) < kGridBound) || std::abs(residual[i]) >= kMostResidual)
      throw Error("an update or its residual is not finite or beyond its range: training diverged");
    residual[i] += on_grid(values[i]);
    wanted[i] = from_grid(residual[i]);
  }
  auto frame = inner_->encode(wanted, layout, context, stream, state);
  std::vector<float> sent(values.size());
  decode(*frame, layout, sent);
  for (std::size_t i = 0; i < sent.size(); ++i) residual[i] -= on_grid(sent[i]);
  state.integers[key] = std::move(residual);
  return frame;
}

FrameContext ErrorFeedback::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  const auto context = inner_->decode(frame, layout, out);
  for (float& value : out) {
    if (!(std::fabs(value) < kGridBound))
      throw FormatError("an update holds values beyond the grid of its error feedback");
    value = from_grid(on_grid(value));
  }
  return context;
}

void ErrorFeedback::fold_back(std::span<const std::byte> frame, const Layout& layout, std::string_view vector,
                              State& state) const {
  std::vector<float> sent(layout.size());
  decode(frame, layout, sent);
  auto& residual = state.integers[key_of(vector)];
  residual.resize(sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i)
    if (__builtin_add_overflow(residual[i], on_grid(sent[i]), &residual[i]))
      throw Error("a residual has grown out of range: training diverged");
}

}  // namespace brume::compression
