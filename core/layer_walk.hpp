#pragma once

#include <string>
#include <vector>

#include "brume/layers.hpp"

namespace brume {

/// How a tensor begins: all `scale`, uniform in ±scale, or normal with that deviation.
struct InitialValues {
  enum class Kind : std::uint8_t { constant, uniform, normal };
  Kind kind = Kind::constant;
  double scale = 0;
};

struct LayerTensor {
  TensorSpec spec;
  InitialValues initial;
};

/// Goes through layers with the shape of one example as it changes, and collects tensors and operations. Throws
/// RequestError for a layer that does not fit its input.
class LayerWalk {
 public:
  explicit LayerWalk(const DataShape& shape) : data_(shape), shape_(shape.features) {}

  void visit(const std::vector<Layer>& layers);
  /// Throws RequestError unless each example comes out as what the task needs.
  void require_outputs(const DataShape& shape) const;

  const std::vector<LayerTensor>& tensors() const { return tensors_; }  ///< in the order in which layers use them
  const std::vector<LayerFacts>& layers() const { return layers_; }
  double flops() const { return flops_; }
  double activations() const { return activations_; }

  // One for each kind of layer.
  void operator()(const Linear& linear);
  void operator()(const Conv2d& conv);
  void operator()(const Conv1d& conv);
  void operator()(const MaxPool2d& pool);
  void operator()(const GlobalAveragePool& pool);
  void operator()(const Relu& relu);
  void operator()(const Flatten& flatten);
  void operator()(const SwapAxes& swap);
  void operator()(const Dropout& dropout);
  void operator()(const GroupNorm& norm);
  void operator()(const BatchNorm& norm);
  void operator()(const Embedding& embedding);
  void operator()(const Gru& gru);
  void operator()(const Lstm& lstm);
  void operator()(const LastStep& last);
  void operator()(const Residual& residual);

 private:
  void visit(const Layer& layer);
  void add(const char* tensor, std::vector<std::int64_t> shape, const InitialValues& initial,
           TensorRole role = TensorRole::trainable);
  void recurrent(std::int64_t in, std::int64_t hidden, std::int64_t gates);
  void norm(std::int64_t channels);
  void require(bool fits, const std::string& needs) const;  ///< of its input
  void require_layer(bool valid, const char* rule) const;   ///< of itself

  DataShape data_;
  std::vector<std::int64_t> shape_;
  std::string name_;
  const char* kind_ = "";
  bool may_overwrite_ = false;  // whether the last value may be changed in place: no layer needs it as it is
  std::vector<LayerTensor> tensors_;
  std::vector<LayerFacts> layers_;
  double flops_ = 0;
  double activations_ = 0;
};

}  // namespace brume
