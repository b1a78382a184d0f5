#include <ATen/ops/embedding.h>
#include <ATen/ops/embedding_dense_backward.h>

#include "learning/operators/operator.hpp"

namespace brume::learning {

namespace {

class EmbeddingOperator final : public Operator {
 public:
  explicit EmbeddingOperator(std::int64_t symbols) : symbols_(symbols) {}
  at::Tensor forward(const at::Tensor& input, Tensors tensors, const Pass& /*pass*/) override {
    indices_ = input.to(at::kLong);
    return at::embedding(tensors[0], indices_);
  }
  at::Tensor backward(const at::Tensor& output_gradient, Tensors /*tensors*/, Tensors gradients,
                      bool /*input_needed*/) override {
    gradients[0].copy_(at::embedding_dense_backward(output_gradient, indices_, symbols_, -1, false));
    return {};  // numbers of symbols have none
  }

 private:
  std::int64_t symbols_;
  at::Tensor indices_;
};

}  // namespace

std::unique_ptr<Operator> make_operator(const Embedding& embedding) {
  return std::make_unique<EmbeddingOperator>(embedding.symbols);
}

}  // namespace brume::learning
