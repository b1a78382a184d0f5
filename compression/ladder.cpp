#include "compression/ladder.hpp"

#include <algorithm>
#include <cmath>

#include "core/codec_plan.hpp"

namespace brume::compression {

namespace {

// 2^(−i/8): the same bits on every machine, since both ends put it into their headers.
double share_of_rung(std::size_t rung) {
  constexpr double kEighths[] = {1,
                                 0.9170040432046712,
                                 0.8408964152537145,
                                 0.7711054127039704,
                                 0.7071067811865476,
                                 0.6484197773255048,
                                 0.5946035575013605,
                                 0.5452538663326288};
  return std::ldexp(kEighths[rung % 8], -static_cast<int>(rung / 8));
}

}  // namespace

Ladder::Ladder(std::vector<std::shared_ptr<const Codec>> rungs, double target_bits)
    : Rungs(std::move(rungs)), target_bits_(target_bits) {}

std::size_t Ladder::most_bytes(std::size_t elements, const FrameContext& context) const {
  std::size_t most = context.most_bytes > 0 ? context.most_bytes : SIZE_MAX;
  if (target_bits_ > 0)
    most = std::min(most, static_cast<std::size_t>(target_bits_ * static_cast<double>(elements) / 8));
  return most;
}

CodecTraits Ladder::traits() const {
  auto traits = Rungs::traits();
  traits.most_error = std::numeric_limits<double>::infinity();  // whatever fits
  return traits;
}

// Bisection: each rung's frames are smaller than those of the one before.
Frame Ladder::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                     State& state) const {
  const std::size_t most = most_bytes(values.size(), context);
  const bool stateful = traits().stateful;
  const State before = stateful ? state : State{};
  const auto attempt = [&](std::size_t rung) {
    if (stateful) state = before;
    return encode_by(rung, values, layout, context, stream, state);
  };
  std::size_t first = 0;
  std::size_t last = count() - 1;
  while (first < last) {
    const std::size_t middle = (first + last) / 2;
    if (attempt(middle).size() <= most) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  return std::make_shared<const Bytes>(attempt(first));
}

std::vector<std::shared_ptr<const Codec>> rungs_of(const Stages& stages, const MakeChain& make) {
  const auto found =
      std::find_if(stages.begin(), stages.end(), [](const auto& stage) { return stage->scaled(1) != nullptr; });
  if (found == stages.end())
    throw CodecPlanError(
        "rate",
        "no stage of the chain can send more or less: a rate needs one with a 'step' or a 'fraction', such as tcq or "
        "top_k");
  std::vector<std::shared_ptr<const Codec>> rungs{make(stages)};
  while (rungs.size() < Rungs::kMost) {
    auto rung = stages;
    rung[static_cast<std::size_t>(found - stages.begin())] = (*found)->scaled(share_of_rung(rungs.size()));
    try {
      rungs.push_back(make(rung));
    } catch (const RequestError&) {  // too coarse for its error feedback: the ladder ends above
      break;
    }
  }
  return rungs;
}

}  // namespace brume::compression
