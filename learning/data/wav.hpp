#pragma once

#include <string>

#include "brume/data.hpp"
#include "learning/data/log_mel.hpp"

namespace brume::learning {

/// A folder of WAV files, each a spoken word, as log-mel features (1 × bands × frames): made for a device when they are
/// needed. A file's path within the folder says its label and its device.
class WavDataset final : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

 private:
  std::string path_;
  std::string pattern_ = "{label}_{device}_{}.wav";
  double test_fraction_ = 0.2;
  LogMelOptions features_;
  bool standardize_ = true;
};

}  // namespace brume::learning
