#pragma once

#include "learning/models/norm.hpp"

namespace brume::learning {

/// Two 5×5 convolutions with 16 and 32 channels, each pooled 2×2, and a linear layer: 28,938 parameters for 1×28×28 and
/// 10 classes.
class CnnSmall final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override;
};

/// LeNet-5 with ReLU and max pooling in place of what it had (LeCun et al. 1998, §II.B): 61,706 parameters for 1×28×28,
/// which are padded to 32×32, and 10 classes.
class LeNet5 final : public LayeredModel {
 public:
  std::vector<Layer> layers(const DataShape& shape) const override;
};

/// The CNN of pfl's CIFAR-10 benchmark (Granqvist et al. 2024, arXiv 2404.06430): 1,626,442 parameters for 3×32×32.
class CnnCifar final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  double dropout_ = 0.25;       // after the convolutions
  double dense_dropout_ = 0.5;  // after the wide linear layer
};

/// Residual networks for small images (He et al. 2016, arXiv 1512.03385, §4.2): a convolution with 16 channels, three
/// stages with 16, 32, 64 of so many blocks each, and a linear layer. A block that changes the size has a 1×1
/// convolution around it.
class ResNet : public LayeredModel {
 public:
  void declare(Options& options) override { norm_.declare(options); }
  std::vector<Layer> layers(const DataShape& shape) const override;

 protected:
  ResNet(const char* name, int blocks) : name_(name), blocks_(blocks) {}

 private:
  Layer block(const std::string& name, std::int64_t in, std::int64_t out) const;
  const char* name_;
  int blocks_;
  Norm norm_;
};

/// One block a stage: the network of MLPerf Tiny's image task (Banbury et al. 2021, arXiv 2106.07597).
class ResNet8 final : public ResNet {
 public:
  ResNet8() : ResNet("resnet8", 1) {}
};

/// Three blocks a stage: 0.27 million parameters.
class ResNet20 final : public ResNet {
 public:
  ResNet20() : ResNet("resnet20", 3) {}
};

/// The depthwise separable network for keywords (Zhang et al. 2017, arXiv 1711.07128, §3.4): a convolution, four
/// depthwise and pointwise pairs, an average over time and frequency.
class DsCnn final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  std::int64_t channels_ = 64;
  std::int64_t blocks_ = 4;
  Norm norm_;
};

}  // namespace brume::learning
