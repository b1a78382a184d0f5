#pragma once

#include <algorithm>
#include <limits>

#include "brume/algorithm.hpp"

namespace brume::wall {

/// Krum (Blanchard et al., NeurIPS 2017, §4): the update with the least sum of squared distances to its n − f − 2
/// nearest.
class Krum final : public Algorithm {
 public:
  explicit Krum(std::size_t byzantine) : byzantine_(byzantine) {}

  AlgorithmTraits traits() const override { return {.keeps_updates = true}; }
  std::unique_ptr<Aggregate> aggregate(const LayoutPointer& layout, const ExactFormat& format) const override {
    return std::make_unique<KeptUpdates>(vectors(layout), scalars(), format.most_contributions);
  }

  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& /*state*/) const override {
    const auto& updates = dynamic_cast<const KeptUpdates&>(input.aggregate()).updates();
    const Contribution* best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [task, candidate] : updates) {
      const double value = score(candidate, updates);
      if (value >= least) continue;
      least = value;
      best = &candidate;
    }
    for (std::size_t i = 0; i < model.values().size(); ++i) model.values()[i] += best->vectors[0].values[i];
    return {{"chosen", static_cast<double>(best->task.device)}};
  }

 private:
  double score(const Contribution& of, const std::map<TaskId, Contribution>& updates) const {
    std::vector<double> distances;
    for (const auto& [task, other] : updates) {
      if (task == of.task) continue;
      double square = 0;
      for (std::size_t i = 0; i < of.vectors[0].values.size(); ++i) {
        const double difference = of.vectors[0].values[i] - other.vectors[0].values[i];
        square += difference * difference;
      }
      distances.push_back(square);
    }
    std::sort(distances.begin(), distances.end());
    const std::size_t nearest = updates.size() > byzantine_ + 2 ? updates.size() - byzantine_ - 2 : 1;
    double sum = 0;
    for (std::size_t i = 0; i < std::min(nearest, distances.size()); ++i) sum += distances[i];
    return sum;
  }

  std::size_t byzantine_;
};

}  // namespace brume::wall
