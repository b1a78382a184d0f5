#pragma once

#include "learning/operators/operator.hpp"

namespace brume::learning {

/// What recurrent layers share. Time comes first inside: L×N×… . Each step's gates have a part from the input, computed
/// for all steps at once, and a part from the hidden state before it. Tensors: weight_ih, weight_hh, bias_ih, bias_hh.
class Recurrent : public Operator {
 public:
  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& pass) final;
  at::Tensor backward(const at::Tensor& output_gradient, Tensors tensors, Tensors gradients, bool input_needed) final;

 protected:
  Recurrent(std::int64_t hidden, std::int64_t gates) : hidden_(hidden), gates_(gates) {}

  /// Before the first step of `steps` with `batch` examples each.
  virtual void begin(std::int64_t steps, std::int64_t batch) = 0;
  /// The hidden state after step t, from both parts of the gates and the state before.
  virtual at::Tensor step(std::int64_t t, const at::Tensor& from_input, const at::Tensor& from_hidden,
                          const at::Tensor& before) = 0;
  /// Before the last step's gradient.
  virtual void begin_backward() {}
  /// Given the gradient at the hidden state after step t, writes those at both parts of the gates and returns what
  /// reaches the state before without passing through the gates; undefined if nothing does.
  virtual at::Tensor step_back(std::int64_t t, const at::Tensor& gradient, const at::Tensor& before,
                               at::Tensor& at_input_part, at::Tensor& at_hidden_part) = 0;

  at::Tensor gate(const at::Tensor& gates, std::int64_t index) const {
    return gates.narrow(1, index * hidden_, hidden_);
  }
  std::int64_t hidden() const { return hidden_; }

 private:
  std::int64_t hidden_;
  std::int64_t gates_;
  at::Tensor input_;   // L×N×in
  at::Tensor states_;  // (L + 1)×N×hidden, the first zero
};

}  // namespace brume::learning
