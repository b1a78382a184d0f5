#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "brume/codec.hpp"
#include "brume/error.hpp"
#include "brume/registry.hpp"

namespace brume {

/// What is wrong with an option of a plan.
class CodecPlanError : public RequestError {
 public:
  /// `option` as it stands below the plan, such as "rate.warm_up".
  CodecPlanError(std::string option, const std::string& message) : RequestError(message), option_(std::move(option)) {}
  const std::string& option() const { return option_; }

 private:
  std::string option_;
};

/// Tensors that a codec of their own carries.
struct LayerRulePlan {
  std::string match = "*";  ///< of their names, with * for any characters and ? for one
  std::vector<Chosen<Stage>> codec;
};

/// What a configuration says of one direction's codec.
struct CodecPlan {
  std::vector<Chosen<Stage>> chain{};
  std::vector<Chosen<Stage>> changes{};    ///< downlink: of a version from the one before; none sends whole models
  std::vector<LayerRulePlan> per_layer{};  ///< the first that a tensor fits counts
  std::int64_t dense_below = 0;            ///< tensors with fewer elements that no rule names travel as float32
  std::optional<double> target_bits{};     ///< an element that a frame of the chain takes at most
  std::string deadline = "none";           ///< uplink: auto makes frames no larger than what arrives in time
  std::int64_t warm_up = 0;        ///< uplink: of so many first versions updates carry more than the chain sends
  bool error_feedback = true;      ///< a contractive chain gets it; any other is as it is
  double momentum_correction = 0;  ///< before error feedback

  /// Whether there is nothing but the chain.
  bool is_chain() const { return changes.empty() && per_layer.empty() && dense_below == 0 && !has_rate(); }
  /// Whether frames of the chain differ in how much they carry.
  bool has_rate() const { return target_bits || meets_deadline() || warm_up > 0; }
  bool meets_deadline() const { return deadline == "auto"; }
  /// Whether a stage stands anywhere in it.
  bool names(const std::string& stage) const {
    const auto in = [&](const std::vector<Chosen<Stage>>& stages) {
      return std::any_of(stages.begin(), stages.end(), [&](const auto& one) { return one.name == stage; });
    };
    return in(chain) || in(changes) ||
           std::any_of(per_layer.begin(), per_layer.end(), [&](const auto& rule) { return in(rule.codec); });
  }
};

}  // namespace brume
