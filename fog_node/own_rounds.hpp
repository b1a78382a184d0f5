#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "aggregator/subtree.hpp"
#include "brume/algorithm.hpp"

namespace brume::fog_node {

/// The rounds that a lowest fog node runs on a model of its own within one version (Algorithm::fog_rounds). A pure
/// function of what was taken in each: replaying the same updates gives the same model.
class OwnRounds {
 public:
  OwnRounds(std::shared_ptr<const Algorithm> algorithm, std::shared_ptr<const Parameters> received)
      : algorithm_(std::move(algorithm)), received_(std::move(received)), model_(*received_) {}

  /// Ends a round: steps the own model by what was taken in and keeps the books of it. `input` lacks what was taken.
  void end_round(const StepInput& input, aggregator::Subtree::Taken taken);

  std::uint64_t done() const { return done_; }
  const Parameters& model() const { return model_; }
  const std::shared_ptr<const Parameters>& received() const { return received_; }

  /// All rounds as the one update that this node is: the change of the model, with the weight of the last round; one
  /// receipt for each device; and what every task is owed.
  aggregator::Subtree::Taken result(Version version, NodeId self, const ExactFormat& format);

  template <class Archive>
  void describe(Archive& archive);

 private:
  std::shared_ptr<const Algorithm> algorithm_;
  std::shared_ptr<const Parameters> received_;
  Parameters model_;
  State state_;
  std::uint64_t done_ = 0;
  double weight_ = 0;           // of the last round in which anything was folded
  std::vector<Receipt> tasks_;  // of all rounds
  std::string problem_;
};

}  // namespace brume::fog_node
