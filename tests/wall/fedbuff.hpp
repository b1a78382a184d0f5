#pragma once

#include <cmath>

#include "brume/algorithm.hpp"

namespace brume::wall {

/// FedBuff (Nguyen et al., AISTATS 2022, algorithm 1): asynchronous; the server steps whenever `buffer` updates have
/// come, of any base version, each weighted by 1 / √(1 + staleness); `concurrency` devices train at any time.
class FedBuff final : public Algorithm, private ClosingPolicy {
 public:
  FedBuff(std::uint64_t buffer, std::uint64_t concurrency) : buffer_(buffer), concurrency_(concurrency) {}

  const ClosingPolicy* closing() const override { return this; }
  double weight(const Update& /*update*/) const override { return 1; }

  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& /*state*/) const override {
    std::vector<double> total(model.values().size());
    double count = 0;
    double stalest = 0;
    for (const auto& taken : input.taken) {
      const auto& sums = dynamic_cast<const WeightedSums&>(*taken.aggregate);
      const auto staleness = static_cast<double>(input.version - taken.base);
      const double share = 1 / std::sqrt(1 + staleness);
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += share * sums.sum(kDelta).value(i);
      count += static_cast<double>(sums.contributions());
      stalest = std::max(stalest, staleness);
    }
    for (std::size_t i = 0; i < total.size(); ++i) model.values()[i] += static_cast<float>(total[i] / count);
    return {{"staleness", stalest}};
  }

 private:
  bool due(const Standing& standing) const override { return standing.folded >= buffer_; }
  bool keeps_outstanding() const override { return true; }
  std::uint64_t devices_asked(const Standing& standing) const override {
    return standing.outstanding >= concurrency_ ? 0 : concurrency_ - standing.outstanding;
  }

  std::uint64_t buffer_;
  std::uint64_t concurrency_;
};

}  // namespace brume::wall
