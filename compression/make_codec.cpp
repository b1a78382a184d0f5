#include "compression/make_codec.hpp"

#include "compression/chain.hpp"
#include "compression/error_feedback.hpp"

namespace brume::compression {

std::shared_ptr<const Codec> make_codec(const std::vector<Chosen<Stage>>& stages, bool error_feedback) {
  std::vector<std::shared_ptr<const Stage>> chosen;
  chosen.reserve(stages.size());
  for (const auto& stage : stages) chosen.push_back(stage.component);
  auto chain = std::make_shared<const Chain>(std::move(chosen));
  if (!error_feedback || !chain->traits().contraction) return chain;
  return std::make_shared<const ErrorFeedback>(std::move(chain));
}

}  // namespace brume::compression
