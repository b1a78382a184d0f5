#pragma once

#include <string>

#include "brume/data.hpp"

namespace brume::learning {

/// Text by who wrote or speaks it, for predicting the next character: a folder of .txt files, each a device, or one
/// file in which a line that is a name and a colon opens each of that speaker's speeches (McMahan et al. 2017, §3). An
/// example is a number of characters and the one that follows. The end of each device's text is held out.
class TextDataset final : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

 private:
  std::string path_;
  std::int64_t window_ = 80;
  std::int64_t stride_ = 1;
  std::int64_t least_examples_ = 2;
  double test_fraction_ = 0.2;
};

}  // namespace brume::learning
