#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sigmoid_backward.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>

#include "learning/operators/recurrent.hpp"

namespace brume::learning {

namespace {

// r = σ(x_r + h_r), z = σ(x_z + h_z), n = tanh(x_n + r·h_n), h' = n + z·(h − n), with x and h the two parts of the
// gates: as PyTorch and cuDNN have it, where the reset gate comes after the product with the hidden state.
class GruOperator final : public Recurrent {
 public:
  explicit GruOperator(std::int64_t hidden) : Recurrent(hidden, 3) {}

 private:
  struct Kept {
    at::Tensor reset_and_update;  // N×2·hidden
    at::Tensor candidate;
    at::Tensor hidden_candidate;  // h_n
  };

  void begin(std::int64_t steps, std::int64_t /*batch*/) override { kept_.resize(static_cast<std::size_t>(steps)); }

  at::Tensor step(std::int64_t t, const at::Tensor& from_input, const at::Tensor& from_hidden,
                  const at::Tensor& before) override {
    auto& kept = kept_[static_cast<std::size_t>(t)];
    kept.reset_and_update = at::sigmoid(from_input.narrow(1, 0, 2 * hidden()) + from_hidden.narrow(1, 0, 2 * hidden()));
    kept.hidden_candidate = gate(from_hidden, 2);
    kept.candidate = at::tanh(gate(from_input, 2) + gate(kept.reset_and_update, 0) * kept.hidden_candidate);
    return kept.candidate + gate(kept.reset_and_update, 1) * (before - kept.candidate);
  }

  at::Tensor step_back(std::int64_t t, const at::Tensor& gradient, const at::Tensor& before, at::Tensor& at_input_part,
                       at::Tensor& at_hidden_part) override {
    const auto& kept = kept_[static_cast<std::size_t>(t)];
    const auto update = gate(kept.reset_and_update, 1);
    const auto unchanged = gradient * update;
    const auto at_candidate = at::tanh_backward(gradient - unchanged, kept.candidate);
    const auto at_gates =
        at::sigmoid_backward(at::cat({at_candidate * kept.hidden_candidate, gradient * (before - kept.candidate)}, 1),
                             kept.reset_and_update);
    at_input_part.narrow(1, 0, 2 * hidden()).copy_(at_gates);
    at_hidden_part.narrow(1, 0, 2 * hidden()).copy_(at_gates);
    gate(at_input_part, 2).copy_(at_candidate);
    gate(at_hidden_part, 2).copy_(at_candidate * gate(kept.reset_and_update, 0));
    return unchanged;
  }

  std::vector<Kept> kept_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Gru& gru) { return std::make_unique<GruOperator>(gru.hidden); }

}  // namespace brume::learning
