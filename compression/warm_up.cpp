#include "compression/warm_up.hpp"

#include <algorithm>
#include <cassert>

#include "brume/error.hpp"

namespace brume::compression {

WarmUp::WarmUp(std::vector<std::shared_ptr<const Codec>> rungs, std::uint64_t rounds)
    : Rungs(std::move(rungs)), rounds_(rounds) {
  assert(rounds_ > 0);
}

CodecTraits WarmUp::traits() const { return last().traits(); }

Frame WarmUp::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                     State& state) const {
  const std::uint64_t before = std::min(context.version, rounds_);
  const auto rung = static_cast<std::size_t>(before * (count() - 1) / rounds_);
  return std::make_shared<const Bytes>(encode_by(rung, values, layout, context, stream, state));
}

double share_sent(const Stages& stages) {
  double share = 1;
  for (const auto& stage : stages) share *= stage->share();
  return share;
}

// Quarters of quarters are exact, so that both ends make the same rungs.
std::vector<std::shared_ptr<const Codec>> warm_up_rungs(const Stages& stages, const MakeChain& make) {
  constexpr double kFirst = 0.25;
  const double own = share_sent(stages);
  if (own >= kFirst)
    throw RequestError(
        "rate: warm_up begins with a quarter of the elements: the chain has to leave more out, as global_top_k or "
        "top_k with a smaller fraction");
  const auto adjustable = adjustable_stage(stages);
  std::vector<std::shared_ptr<const Codec>> rungs;
  for (double share = kFirst; share > own; share /= 4) {
    auto rung = stages;
    rung[adjustable] = stages[adjustable]->lessened(share / own);
    rungs.push_back(make(rung));
  }
  rungs.push_back(make(stages));
  return rungs;
}

}  // namespace brume::compression
