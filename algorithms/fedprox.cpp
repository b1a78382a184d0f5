#include "algorithms/fedprox.hpp"

namespace brume::algorithms {

void FedProx::declare(Options& options) {
  FedAvg::declare(options);
  options.number({"mu", "weight of the proximal term, μ"}, mu_, Range::at_least(0));
}

void FedProx::correct(const Spans& spans) const {
  const auto mu = static_cast<float>(mu_);
  for (std::size_t i = 0; i < spans.gradient.size(); ++i) spans.gradient[i] += mu * (spans.model[i] - spans.base[i]);
}

}  // namespace brume::algorithms
