#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

#include "brume/layers.hpp"

namespace brume::testing {

/// Layers by LibTorch's autograd and its own recurrent kernels, as somebody would write them who has no Brume: what
/// networks are compared with. Tensors are copies of a model's parameters.
class TorchReference {
 public:
  explicit TorchReference(const Parameters& parameters, bool drops = false) : drops_(drops) {
    const auto& tensors = parameters.layout().tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i)
      tensors_[tensors[i].name] = torch::from_blob(const_cast<float*>(parameters.tensor(i).data()), tensors[i].shape)
                                      .clone()
                                      .set_requires_grad(tensors[i].role == TensorRole::trainable);
  }

  torch::Tensor run(const std::vector<Layer>& layers, torch::Tensor x, const std::string& prefix = "") {
    for (const auto& layer : layers) {
      name_ = prefix + layer.name;
      x = std::visit([&](const auto& kind) { return forward(kind, x); }, layer.kind);
    }
    return x;
  }
  const torch::Tensor& tensor(const std::string& name) const { return tensors_.at(name); }
  std::vector<torch::Tensor> trainable() const {
    std::vector<torch::Tensor> result;
    for (const auto& [name, tensor] : tensors_)
      if (tensor.requires_grad()) result.push_back(tensor);
    return result;
  }
  void train(bool training) { training_ = training; }

 private:
  using T = torch::Tensor;
  T own(const char* name) const { return tensors_.at(name_ + "." + name); }
  T own_or_none(const char* name) const {
    const auto found = tensors_.find(name_ + "." + name);
    return found == tensors_.end() ? T() : found->second;
  }
  T forward(const Linear&, const T& x) { return torch::linear(x, own("weight"), own("bias")); }
  T forward(const Conv2d& c, const T& x) {
    return torch::conv2d(x, own("weight"), own_or_none("bias"), {c.stride.height, c.stride.width},
                         {c.padding.height, c.padding.width}, 1, c.groups);
  }
  T forward(const Conv1d& c, const T& x) {
    const auto padded = c.causal ? torch::constant_pad_nd(x, {c.dilation * (c.kernel - 1), 0}) : x;
    return torch::conv1d(padded, own("weight"), own("bias"), c.stride, c.causal ? 0 : c.padding, c.dilation);
  }
  T forward(const MaxPool2d&, const T& x) { return torch::max_pool2d(x, 2); }
  T forward(const GlobalAveragePool&, const T& x) { return x.flatten(2).mean(2); }
  T forward(const Relu&, const T& x) { return torch::relu(x); }
  T forward(const Flatten&, const T& x) { return x.flatten(1); }
  T forward(const SwapAxes&, const T& x) { return x.transpose(1, 2); }
  T forward(const Dropout& d, const T& x) { return torch::dropout(x, d.rate, training_ && drops_); }
  T forward(const GroupNorm& n, const T& x) { return torch::group_norm(x, n.groups, own("weight"), own("bias")); }
  T forward(const BatchNorm&, const T& x) {
    return torch::batch_norm(x, own("weight"), own("bias"), own("running_mean"), own("running_var"), training_, 0.1,
                             1e-5, false);
  }
  T forward(const Embedding&, const T& x) { return torch::embedding(own("weight"), x.to(torch::kLong)); }
  std::vector<T> recurrent() const { return {own("weight_ih"), own("weight_hh"), own("bias_ih"), own("bias_hh")}; }
  T forward(const Gru& g, const T& x) {
    const auto start = torch::zeros({1, x.size(0), g.hidden});
    return std::get<0>(torch::gru(x, start, recurrent(), true, 1, 0, true, false, true));
  }
  T forward(const Lstm& l, const T& x) {
    const auto start = torch::zeros({1, x.size(0), l.hidden});
    return std::get<0>(torch::lstm(x, {start, start}, recurrent(), true, 1, 0, true, false, true));
  }
  T forward(const LastStep&, const T& x) { return x.select(1, x.size(1) - 1); }
  T forward(const Residual& r, const T& x) {
    const auto prefix = name_ + ".";
    const auto body = run(r.body, x, prefix);
    return body + run(r.shortcut, x, prefix);
  }

  bool training_ = true;
  bool drops_;
  std::string name_;
  std::map<std::string, T> tensors_;
};

}  // namespace brume::testing
