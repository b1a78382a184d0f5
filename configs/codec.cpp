#include "configs/codec.hpp"

#include "configs/list_of.hpp"

namespace brume::configs {

namespace {

void declare_rule(Options& o, LayerRulePlan& rule, const Registry& registry) {
  o.text({"match", "names of tensors, with * for any characters and ? for one", true}, rule.match);
  ChoiceListOf<Stage> stages(rule.codec, registry);
  o.choices({"codec", "stages in order; [] or none sends float32", true}, stages);
}

enum class Way : std::uint8_t { up, other };

void declare_rate(Options& rate, CodecPlan& codec, Way way) {
  rate.number_or_none({"target_bits", "an element, all bytes counted: each frame takes no more, if its chain can"},
                      codec.target_bits, Range{0, 64, true});
  if (way == Way::other) return;
  rate.word({"deadline",
             "auto: each device makes its frames as small as it takes to arrive before the round's deadline, as it "
             "knows its link and how long it trains"},
            codec.deadline, {"none", "auto"});
  rate.integer({"warm_up",
                "versions of the model whose updates carry more: a quarter of the elements first, then a quarter of "
                "that, and so on down to the chain's fraction"},
               codec.warm_up, Range::between(0, 1e9));
}

void declare_codec(Options& o, CodecPlan& codec, const Registry& registry, Way way = Way::other) {
  ChoiceListOf<Stage> stages(codec.chain, registry);
  o.choices({"chain", "stages in order; [] sends float32"}, stages);
  o.sections({"per_layer", "tensors with chains of their own; the first rule that fits one counts"},
             list_of(codec.per_layer,
                     [&registry](Options& inner, LayerRulePlan& rule) { declare_rule(inner, rule, registry); }));
  o.integer({"dense_below", "tensors with fewer elements that no rule names are sent as float32"}, codec.dense_below,
            Range::between(0, 1e9));
  o.section({"rate", way == Way::up
                         ? "lets the chain's first step or fraction follow from a limit, or from the model's version"
                         : "lets the chain's first step or fraction follow from a limit"},
            [&](Options& rate) { declare_rate(rate, codec, way); });
}

}  // namespace

void declare_stateless(Options& options, const Key& key, CodecPlan& codec, const Registry& registry) {
  options.section(
      key, [&](Options& o) { declare_codec(o, codec, registry); }, "chain");
}

void declare_downlink(Options& options, CodecPlan& downlink, const Registry& registry) {
  options.section(
      {"downlink", "codec of the model, a list of stages"},
      [&](Options& o) {
        declare_codec(o, downlink, registry);
        ChoiceListOf<Stage> changes(downlink.changes, registry);
        o.choices(
            {"changes",
             "stages for what changes the version of the model that a device holds; [] sends whole models. With them "
             "the chain is for the first model, from which the server goes on as devices got it"},
            changes);
      },
      "chain");
}

void declare_uplink(Options& options, CodecPlan& uplink, const Registry& registry) {
  options.section(
      {"uplink", "codec of the updates, a list of stages"},
      [&](Options& o) {
        declare_codec(o, uplink, registry, Way::up);
        o.flag({"error_feedback", "a contractive chain keeps on the device what it left out, for the next update"},
               uplink.error_feedback);
        o.number({"momentum_correction", "of updates before error feedback, as deep gradient compression has it"},
                 uplink.momentum_correction, Range::between(0, 0.999));
      },
      "chain");
}

}  // namespace brume::configs
