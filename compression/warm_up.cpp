#include "compression/warm_up.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "core/codec_plan.hpp"

namespace brume::compression {

namespace {

constexpr double kFirst = 0.25;
constexpr double kLeast = 1e-12;

}  // namespace

std::optional<std::size_t> sparse_stage(const Stages& stages) {
  const bool whole = !stages.empty() && dynamic_cast<const VectorStage*>(stages.front().get()) != nullptr;
  const auto end = whole ? stages.begin() + 1 : stages.end();
  const auto found = std::find_if(stages.begin(), end, [](const auto& stage) { return stage->share() < 1; });
  if (found == end) return std::nullopt;
  return static_cast<std::size_t>(found - stages.begin());
}

WarmUp::WarmUp(std::vector<std::shared_ptr<const Codec>> rungs, std::uint64_t versions)
    : Rungs(std::move(rungs)), versions_(versions) {
  assert(versions_ > 0 && versions_ <= 1'000'000'000);
}

CodecTraits WarmUp::traits() const { return last().traits(); }

std::size_t WarmUp::rung_of(std::uint64_t version) const {
  return static_cast<std::size_t>(std::min(version, versions_) * (count() - 1) / versions_);
}

std::size_t WarmUp::worst_case_bytes_of(std::uint64_t version, const Layout& layout) const {
  return worst_case_bytes_by(rung_of(version), layout);
}

Frame WarmUp::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                     State& state) const {
  const auto rung = rung_of(context.version);
  return std::make_shared<const Bytes>(encode_by(rung, values, layout, context, stream, state));
}

// Both ends find a rung's fraction by the same division and product of doubles, and quarters are exact.
std::vector<std::shared_ptr<const Codec>> warm_up_rungs(const Stages& stages, const MakeChain& make) {
  const auto found = sparse_stage(stages);
  if (!found || !stages[*found]->scaled(1))
    throw CodecPlanError(
        "rate.warm_up",
        "warm_up goes down to a chain that leaves elements out by a fraction: global_top_k, top_k, stc "
        "or random_k");
  const double own = stages[*found]->share();
  if (own >= kFirst || own < kLeast)
    throw CodecPlanError("rate.warm_up",
                         fmt::format("warm_up begins with a quarter of the elements and goes down to the chain's "
                                     "fraction, which is {}; it must be below 0.25 and at least {}",
                                     own, kLeast));
  std::vector<std::shared_ptr<const Codec>> rungs;
  for (double share = kFirst; share > own; share /= 4) {
    auto rung = stages;
    rung[*found] = stages[*found]->scaled(share / own);
    rungs.push_back(make(rung));
  }
  rungs.push_back(make(stages));
  return rungs;
}

}  // namespace brume::compression
