#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sigmoid_backward.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>
#include <ATen/ops/zeros.h>

#include "learning/operators/recurrent.hpp"

namespace brume::learning {

namespace {

// i, f, o = σ(x + h), g = tanh(x + h), c' = f·c + i·g, h' = o·tanh(c'); the gates lie in PyTorch's order i, f, g, o.
class LstmOperator final : public Recurrent {
 public:
  explicit LstmOperator(std::int64_t hidden) : Recurrent(hidden, 4) {}

 private:
  struct Kept {
    at::Tensor input_and_forget;  // N×2·hidden
    at::Tensor candidate;
    at::Tensor output;
    at::Tensor cell_before;
    at::Tensor squashed_cell;  // tanh(c')
  };

  void begin(std::int64_t steps, std::int64_t batch) override {
    kept_.resize(static_cast<std::size_t>(steps));
    cell_ = at::zeros({batch, hidden()}, at::kFloat);
  }

  at::Tensor step(std::int64_t t, const at::Tensor& from_input, const at::Tensor& from_hidden,
                  const at::Tensor& /*before*/) override {
    auto& kept = kept_[static_cast<std::size_t>(t)];
    const auto gates = from_input + from_hidden;
    kept.input_and_forget = at::sigmoid(gates.narrow(1, 0, 2 * hidden()));
    kept.candidate = at::tanh(gate(gates, 2));
    kept.output = at::sigmoid(gate(gates, 3));
    kept.cell_before = cell_;
    cell_ = gate(kept.input_and_forget, 1) * cell_ + gate(kept.input_and_forget, 0) * kept.candidate;
    kept.squashed_cell = at::tanh(cell_);
    return kept.output * kept.squashed_cell;
  }

  void begin_backward() override { at_cell_ = at::Tensor(); }

  at::Tensor step_back(std::int64_t t, const at::Tensor& gradient, const at::Tensor& /*before*/,
                       at::Tensor& at_input_part, at::Tensor& at_hidden_part) override {
    const auto& kept = kept_[static_cast<std::size_t>(t)];
    auto at_cell = at::tanh_backward(gradient * kept.output, kept.squashed_cell);
    if (at_cell_.defined()) at_cell += at_cell_;
    at_input_part.narrow(1, 0, 2 * hidden())
        .copy_(at::sigmoid_backward(at::cat({at_cell * kept.candidate, at_cell * kept.cell_before}, 1),
                                    kept.input_and_forget));
    gate(at_input_part, 2).copy_(at::tanh_backward(at_cell * gate(kept.input_and_forget, 0), kept.candidate));
    gate(at_input_part, 3).copy_(at::sigmoid_backward(gradient * kept.squashed_cell, kept.output));
    at_hidden_part.copy_(at_input_part);
    at_cell_ = at_cell * gate(kept.input_and_forget, 1);
    return {};
  }

  std::vector<Kept> kept_;
  at::Tensor cell_;
  at::Tensor at_cell_;  // the gradient that comes back from the step after
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Lstm& lstm) { return std::make_unique<LstmOperator>(lstm.hidden); }

}  // namespace brume::learning
