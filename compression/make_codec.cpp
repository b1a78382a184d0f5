#include "compression/make_codec.hpp"

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/error_feedback.hpp"
#include "compression/ladder.hpp"
#include "compression/layered.hpp"
#include "compression/momentum_correction.hpp"
#include "compression/reducing.hpp"
#include "compression/warm_up.hpp"

namespace brume::compression {

namespace {

Stages components(const std::vector<Chosen<Stage>>& chosen) {
  Stages stages;
  stages.reserve(chosen.size());
  for (const auto& stage : chosen) stages.push_back(stage.component);
  return stages;
}

std::shared_ptr<const Codec> make_chain(const Stages& stages) {
  if (stages.empty()) return std::make_shared<const Chain>(stages);
  auto first = std::dynamic_pointer_cast<const VectorStage>(stages.front());
  if (!first) return std::make_shared<const Chain>(stages);
  return std::make_shared<const Reducing>(std::move(first),
                                          std::make_shared<const Chain>(Stages(stages.begin() + 1, stages.end())));
}

std::shared_ptr<const Codec> with_rate(const Stages& stages, const CodecPlan& plan) {
  if (plan.warm_up == 0)
    return std::make_shared<const Ladder>(rungs_of(stages, make_chain), plan.target_bits.value_or(0));
  if (plan.target_bits || plan.meets_deadline())
    throw CodecPlanError("rate.warm_up",
                         "warm_up goes with neither target_bits nor deadline: each says how much a frame carries");
  return std::make_shared<const WarmUp>(warm_up_rungs(stages, make_chain), static_cast<std::uint64_t>(plan.warm_up));
}

// A chain with all that the plan says but the rules.
std::shared_ptr<const Codec> make_one(const std::vector<Chosen<Stage>>& chosen, const CodecPlan& plan, bool adjusts) {
  const auto stages = components(chosen);
  auto codec = make_chain(stages);
  if (adjusts && plan.has_rate()) codec = with_rate(stages, plan);
  if (!plan.error_feedback || !codec->traits().contraction) return codec;
  codec = std::make_shared<const ErrorFeedback>(std::move(codec));
  if (plan.momentum_correction > 0)
    codec = std::make_shared<const MomentumCorrection>(std::move(codec), plan.momentum_correction);
  return codec;
}

}  // namespace

std::shared_ptr<const Codec> make_codec(const CodecPlan& plan) {
  auto rest = make_one(plan.chain, plan, true);
  if (plan.momentum_correction > 0 &&
      !(dynamic_cast<const MomentumCorrection*>(rest.get()) && sparse_stage(components(plan.chain))))
    throw CodecPlanError(
        "momentum_correction",
        "momentum_correction needs a chain that leaves elements out, with error feedback, such as [global_top_k]");
  if (plan.per_layer.empty() && plan.dense_below == 0) return rest;
  std::vector<LayerRule> rules;
  for (const auto& rule : plan.per_layer) rules.push_back({rule.match, 0, make_one(rule.codec, plan, false)});
  if (plan.dense_below > 0) rules.push_back({"*", static_cast<std::size_t>(plan.dense_below), make_chain({})});
  return std::make_shared<const Layered>(std::move(rules), std::move(rest));
}

std::shared_ptr<const Codec> make_codec(const std::vector<Chosen<Stage>>& stages, bool error_feedback) {
  CodecPlan plan;
  plan.chain = stages;
  plan.error_feedback = error_feedback;
  return make_codec(plan);
}

}  // namespace brume::compression
