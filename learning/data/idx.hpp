#pragma once

#include <string>

#include "brume/data.hpp"

namespace brume::learning {

/// Images and labels in four IDX files (unsigned bytes, http://yann.lecun.com/exdb/mnist), gzipped or not. A pixel p
/// becomes (p / 255 − mean) / deviation.
class IdxDataset : public Dataset {
 public:
  void declare(Options& options) override;
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override;

 protected:
  std::string path_;
  std::string advice_;  ///< appended when a file is missing
  double mean_ = 0;
  double deviation_ = 1;

 private:
  std::string train_images_ = "train-images-idx3-ubyte.gz";
  std::string train_labels_ = "train-labels-idx1-ubyte.gz";
  std::string test_images_ = "t10k-images-idx3-ubyte.gz";
  std::string test_labels_ = "t10k-labels-idx1-ubyte.gz";
};

/// Fashion-MNIST where Debian's package puts it, with the training images' mean and deviation.
class FashionMnist final : public IdxDataset {
 public:
  FashionMnist();
};

}  // namespace brume::learning
