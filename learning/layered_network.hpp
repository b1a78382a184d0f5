#pragma once

#include <vector>

#include "brume/layers.hpp"
#include "learning/network.hpp"

namespace brume::learning {

/// A sequence of layers on LibTorch's kernels. The backward pass is written out for each layer instead of recorded by
/// autograd: for small models recording costs more than the arithmetic.
class LayeredNetwork final : public Network {
 public:
  LayeredNetwork(const std::vector<Layer>& layers, const DataShape& shape, const LayoutPointer& layout,
                 const LossFunction& loss = {});
  ~LayeredNetwork() override;

  double gradient(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient,
                  Stream random) override;
  double training_gradient(std::span<float> parameters, const BatchView& batch, std::span<float> gradient,
                           Stream random) override;
  std::span<const float> outputs(std::span<const float> parameters, const BatchView& batch) override;

 private:
  double run(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient, Stream random,
             bool moves_buffers);

  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace brume::learning
