#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "brume/layout.hpp"
#include "learning/operators/operator.hpp"

namespace brume::learning {

/// Tensors that look into flat vectors, in the order in which layers use them. The last few vectors' views are kept,
/// since a program uses the same few again. The least recently used gives way, so what of() returned stays valid until
/// three other vectors have been asked for.
class ParameterViews {
 public:
  ParameterViews(const std::vector<std::string>& tensors, LayoutPointer layout);

  Tensors of_parameters(float* values) { return of(values, true); }
  Tensors of_gradient(float* values) { return of(values, false); }  ///< buffers are undefined

 private:
  struct Kept {
    float* values = nullptr;
    std::uint64_t last_used = 0;
    bool with_buffers = false;
    std::vector<at::Tensor> tensors;
  };
  Tensors of(float* values, bool with_buffers);
  at::Tensor view(float* values, std::size_t tensor, bool with_buffers) const;

  LayoutPointer layout_;
  std::vector<std::size_t> places_;  // in the layout
  std::array<Kept, 4> kept_;
  std::uint64_t uses_ = 0;
};

}  // namespace brume::learning
