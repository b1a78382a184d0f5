#pragma once

#include "brume/data.hpp"

namespace brume::learning {

/// synthetic(α, β) of the FedProx paper (Li et al. 2020, §5.1): device k draws u ~ N(0, α) and a linear model with
/// entries from N(u, 1), B ~ N(0, β) and a mean v with entries from N(B, 1); x ~ N(v, diag(j^−1.2)), y = argmax(Wx +
/// b). The number of examples is log-normal. With `shared_model` all devices have one W and b, from N(0, 1), so that
/// there is a model to be found that serves devices that nobody has seen. Made when asked for: a device that takes no
/// part costs nothing.
class SyntheticDataset final : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

  struct Settings {
    double alpha = 1;
    double beta = 1;
    bool shared_model = false;
    std::int64_t features = 60;
    std::int64_t classes = 10;
    double samples_mean_log = 4;
    double samples_deviation_log = 2;
    std::int64_t least_samples = 50;
    std::int64_t most_samples = 5000;
    std::int64_t test_devices = 100;
    std::int64_t test_samples = 20;
  };

 private:
  Settings settings_;
};

}  // namespace brume::learning
