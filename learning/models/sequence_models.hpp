#pragma once

#include "brume/layers.hpp"

namespace brume::learning {

/// Two convolutions over time and an average, for windows of sensor readings (channels × steps).
class Cnn1d final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  std::int64_t channels_ = 32;
  std::int64_t kernel_ = 5;
};

/// A temporal convolutional network (Bai et al. 2018, arXiv 1803.01271, §3): residual blocks of two causal
/// convolutions whose dilation doubles from block to block, without weight normalisation; the last step is used.
class Tcn final : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 private:
  std::int64_t channels_ = 32;
  std::int64_t kernel_ = 3;
  std::int64_t blocks_ = 4;
  double dropout_ = 0;
};

/// Recurrent layers of which the last step is used: over symbols, which are embedded, or over windows (channels ×
/// steps).
class RecurrentModel : public LayeredModel {
 public:
  void declare(Options& options) override;
  std::vector<Layer> layers(const DataShape& shape) const override;

 protected:
  explicit RecurrentModel(const char* name) : name_(name) {}

 private:
  virtual Layer recurrent(const std::string& name, std::int64_t in, std::int64_t hidden) const = 0;
  const char* name_;
  std::int64_t hidden_width_ = 64;
  std::int64_t hidden_layers_ = 1;
  std::int64_t embedding_width_ = 8;
};

class GruModel final : public RecurrentModel {
 public:
  GruModel() : RecurrentModel("gru") {}

 private:
  Layer recurrent(const std::string& name, std::int64_t in, std::int64_t hidden) const override {
    return {name, Gru{in, hidden}};
  }
};

class LstmModel final : public RecurrentModel {
 public:
  LstmModel() : RecurrentModel("lstm") {}

 private:
  Layer recurrent(const std::string& name, std::int64_t in, std::int64_t hidden) const override {
    return {name, Lstm{in, hidden}};
  }
};

}  // namespace brume::learning
