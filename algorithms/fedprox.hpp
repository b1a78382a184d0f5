#pragma once

#include "algorithms/fedavg.hpp"

namespace brume::algorithms {

/// FedProx (Li et al. 2020, arXiv 1812.06127, algorithm 2): devices minimise f(w) + μ/2·‖w − w_base‖², so each gradient
/// gains μ(w − w_base); the server is FedAvg's.
class FedProx final : public FedAvg, private LocalCorrection {
 public:
  void declare(Options& options) override;
  const LocalCorrection* correction() const override { return this; }

 private:
  void correct(const Spans& spans) const override;
  double mu_ = 0.01;
};

}  // namespace brume::algorithms
