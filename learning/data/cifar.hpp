#pragma once

#include <string>
#include <vector>

#include "brume/data.hpp"
#include "learning/data/pixels.hpp"

namespace brume::learning {

/// CIFAR-10 or CIFAR-100 as binary files (Krizhevsky 2009; https://www.cs.toronto.edu/~kriz/cifar.html), gzipped or
/// not: a record is one label byte, or a coarse and a fine one of which the last counts, and 3×32×32 pixels. Pixels are
/// standardised by the training images' means and deviations of CIFAR-10.
class CifarDataset final : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

 private:
  PixelSet read(const std::filesystem::path& folder, const std::vector<std::string>& names) const;

  std::string path_;
  std::vector<std::string> train_{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                  "data_batch_5.bin"};
  std::vector<std::string> test_{"test_batch.bin"};
  double test_fraction_ = 0.2;
  std::int64_t label_bytes_ = 1;
};

}  // namespace brume::learning
