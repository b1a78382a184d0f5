#include "learning/script_module.hpp"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "brume/error.hpp"

namespace brume::learning {

namespace {

using Module = torch::jit::Module;

std::string first_line(const char* text) {
  const std::string_view all(text);
  return std::string(all.substr(0, all.find('\n')));
}

// Graphs run as they are written: an optimiser that learns from the first runs would change later ones' bits.
Module load(const std::filesystem::path& path) {
  torch::jit::getProfilingMode() = false;
  torch::jit::getExecutorMode() = false;
  if (!std::filesystem::is_regular_file(path)) throw RequestError("there is no file " + path.string());
  try {
    return torch::jit::load(path.string(), at::kCPU);
  } catch (const c10::Error& error) {
    throw RequestError(path.string() + " is no TorchScript file: " + first_line(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throw RequestError(path.string() + " is no TorchScript file: " + first_line(error.what()));
  }
}

struct Slot {
  Module owner;
  std::string attribute;
  std::string name;  // in the whole module
  bool trainable = false;
};

// Trainable tensors first, in the module's order.
std::vector<Slot> slots_of(const Module& module, const std::filesystem::path& path) {
  std::vector<Slot> slots;
  for (const auto& inner : module.named_modules()) {
    const std::string prefix = inner.name.empty() ? "" : inner.name + ".";
    for (const auto& parameter : inner.value.named_parameters(false))
      slots.push_back({inner.value, parameter.name, prefix + parameter.name, parameter.value.requires_grad()});
    for (const auto& buffer : inner.value.named_buffers(false))
      if (buffer.value.scalar_type() == at::kFloat)
        slots.push_back({inner.value, buffer.name, prefix + buffer.name, false});
  }
  for (const auto& slot : slots)
    if (const auto type = slot.owner.attr(slot.attribute).toTensor().scalar_type(); type != at::kFloat)
      throw RequestError(fmt::format("{}: parameter '{}' is {}; models are trained in float32", path.string(),
                                     slot.name, at::toString(type)));
  std::stable_partition(slots.begin(), slots.end(), [](const Slot& slot) { return slot.trainable; });
  return slots;
}

using torch::jit::Node;
using torch::jit::Value;

// The module that a value of type module is, found along the attributes that lead to it; none if it is something else.
std::optional<Module> module_of(const Value* value, const Module& self, const Value* self_value) {
  if (value == self_value) return self;
  const auto* node = value->node();
  if (node->kind() != c10::prim::GetAttr) return std::nullopt;
  const auto owner = module_of(node->input(), self, self_value);
  if (!owner) return std::nullopt;
  const auto name = node->s(c10::attr::name);
  if (!owner->hasattr(name) || !owner->attr(name).isModule()) return std::nullopt;
  return owner->attr(name).toModule();
}

// A value that the graph or the module fixes; none if it is computed.
std::optional<c10::IValue> fixed(const Value* value, const Module& self, const Value* self_value) {
  if (const auto constant = torch::jit::toIValue(value)) return constant;
  const auto* node = value->node();
  if (node->kind() != c10::prim::GetAttr) return std::nullopt;
  const auto owner = module_of(node->input(), self, self_value);
  const auto name = node->s(c10::attr::name);
  return owner && owner->hasattr(name) ? std::optional(owner->attr(name)) : std::nullopt;
}

bool argument_is(const Node& node, const char* argument, const std::function<bool(const c10::IValue&)>& holds,
                 const Module& self, const Value* self_value) {
  if (!node.hasNamedInput(argument)) return false;
  const auto value = fixed(node.namedInput(argument), self, self_value);
  return value && holds(*value);
}

// Why a node cannot be trained or evaluated repeatably; empty for others.
std::string objection(const Node& node, const Module& self, const Value* self_value) {
  const std::string kind = node.kind().toUnqualString();
  const auto is_off = [](const c10::IValue& value) { return value.isBool() && !value.toBool(); };
  const auto is_zero = [](const c10::IValue& value) { return value.isDouble() && value.toDouble() == 0; };
  if (node.kind() == c10::prim::SetAttr) return "keeps '" + node.s(c10::attr::name) + "' from one call to the next";
  if ((kind == "batch_norm" || kind == "instance_norm") &&
      torch::jit::toIValue(node.namedInput(kind == "batch_norm" ? "training" : "use_input_stats")) == c10::IValue(true))
    return "calls " + kind + " that is always in training, as a traced module's is; script it instead";
  const bool recurrent = kind == "lstm" || kind == "gru" || kind == "rnn_tanh" || kind == "rnn_relu";
  const bool attention = kind.find("dot_product_attention") != std::string::npos;
  const bool random = node.isNondeterministic() || kind.find("dropout") != std::string::npos ||
                      kind.find("rrelu") != std::string::npos || kind.find("bernoulli") != std::string::npos;
  if (!random && !recurrent && !attention) return {};
  for (const auto* flag : {"train", "training"})
    if (argument_is(node, flag, is_off, self, self_value)) return {};
  for (const auto* rate : {"p", "dropout", "dropout_p"})
    if (argument_is(node, rate, is_zero, self, self_value)) return {};
  return "calls " + kind + ", which draws from a generator that all threads share";
}

void find_objection(const torch::jit::Block& block, const Module& self, const Value* self_value, std::string& found) {
  for (const auto* node : block.nodes()) {
    if (found.empty()) found = objection(*node, self, self_value);
    for (const auto* inner : node->blocks()) find_objection(*inner, self, self_value, found);
  }
}

// Inner modules come after those that hold them, and their graphs are part of those: the last one found is to blame.
void refuse_unrepeatable(const Module& module, const std::filesystem::path& path) {
  std::string culprit;
  std::string objection;
  for (const auto& inner : module.named_modules()) {
    const auto method = inner.value.find_method("forward");
    if (!method) continue;
    const auto graph = method->graph()->copy();
    torch::jit::Inline(*graph);
    std::string found;
    find_objection(*graph->block(), inner.value, graph->inputs()[0], found);
    if (found.empty()) continue;
    culprit = inner.name.empty() ? "the model itself" : "module '" + inner.name + "'";
    objection = found;
  }
  if (objection.empty()) return;
  throw RequestError(
      fmt::format("{}: {} {}, so that no run could be repeated; export it without, or after calling "
                  "eval() on that module",
                  path.string(), culprit, objection));
}

// A tensor under two names would be trained as two.
void refuse_ties(const std::vector<Slot>& slots, const std::filesystem::path& path) {
  std::map<const void*, const Slot*> seen;
  for (const auto& slot : slots) {
    const auto* data = slot.owner.attr(slot.attribute).toTensor().data_ptr();
    const auto [entry, is_new] = seen.emplace(data, &slot);
    if (!is_new)
      throw RequestError(fmt::format("{}: '{}' and '{}' are one tensor; tied weights cannot be trained yet",
                                     path.string(), entry->second->name, slot.name));
  }
}

std::vector<std::int64_t> batch_sizes(const DataShape& shape, std::int64_t count) {
  std::vector<std::int64_t> sizes{count};
  sizes.insert(sizes.end(), shape.features.begin(), shape.features.end());
  return sizes;
}

at::Tensor call(Module& module, const at::Tensor& input, const DataShape& shape) {
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  const auto result = module.forward({shape.symbols > 0 ? input.to(at::kLong) : input});
  if (!result.isTensor()) throw Error("the TorchScript module's forward() returns no tensor");
  return result.toTensor();
}

class ScriptNetwork final : public Network {
 public:
  ScriptNetwork(Module module, std::vector<Slot> slots, LayoutPointer layout, const DataShape& shape,
                const LossFunction& loss)
      : Network(Objective(shape, loss)),
        module_(std::move(module)),
        slots_(std::move(slots)),
        layout_(std::move(layout)),
        shape_(shape) {
    for (const auto& inner : module_.modules()) modes_.emplace_back(inner, inner.is_training());
    for (const auto& inner : module_.modules())
      for (const auto& buffer : inner.named_buffers(false))
        if (buffer.value.scalar_type() != at::kFloat) others_.emplace_back(buffer.value, buffer.value.clone());
  }

  double gradient(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient,
                  Stream /*random*/) override {
    scratch_.assign(parameters.begin(), parameters.end());  // its buffers may move
    return run(scratch_.data(), batch, gradient);
  }
  double training_gradient(std::span<float> parameters, const BatchView& batch, std::span<float> gradient,
                           Stream /*random*/) override {
    return run(parameters.data(), batch, gradient);
  }
  std::span<const float> outputs(std::span<const float> parameters, const BatchView& batch) override {
    const at::NoGradGuard guard;
    scratch_.assign(parameters.begin(), parameters.end());
    bind(scratch_.data(), false);
    for (auto& [inner, was_training] : modes_) inner.train(false);
    const auto output = call(module_, input_of(batch), shape_);
    kept_ = (objective().classifies() ? at::log_softmax(output, 1) : output.flatten(1)).contiguous();
    return {kept_.data_ptr<float>(), static_cast<std::size_t>(kept_.numel())};
  }

 private:
  at::Tensor input_of(const BatchView& batch) const {
    return at::from_blob(const_cast<float*>(batch.features), batch_sizes(shape_, batch.count), at::kFloat);
  }

  std::vector<at::Tensor> bind(float* values, bool with_gradient) {
    std::vector<at::Tensor> trainable;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      auto view = at::from_blob(values + layout_->offset(i), layout_->tensors()[i].shape, at::kFloat);
      if (slots_[i].trainable && with_gradient) trainable.push_back(view.requires_grad_(true));
      slots_[i].owner.setattr(slots_[i].attribute, view);
    }
    return trainable;
  }

  // Each inner module as it was exported, whatever an evaluation before has left. train() reaches inner modules too:
  // those come after the ones that hold them.
  void set_modes() {
    for (auto& [inner, was_training] : modes_) inner.train(was_training);
  }

  double run(float* parameters, const BatchView& batch, std::span<float> gradient) {
    const at::AutoGradMode recorded(true);
    set_modes();
    for (auto& [tensor, start] : others_) tensor.copy_(start);  // whatever was trained before must not matter
    const auto trainable = bind(parameters, true);
    const auto output = call(module_, input_of(batch), shape_);
    const auto plain = output.detach();
    const auto judged = objective().classifies() ? at::log_softmax(plain, 1) : plain.clone().contiguous();
    const double loss = objective().mean_loss(elements(judged), batch);
    const auto at_output = objective().classifies() ? at::exp(judged) : judged.clone();
    objective().to_gradient(elements(at_output), batch);
    const auto found = torch::autograd::grad({output}, trainable, {at_output.view_as(output)}, false, false, true);
    for (std::size_t i = 0; i < found.size(); ++i) {
      auto out = at::from_blob(gradient.data() + layout_->offset(i), layout_->tensors()[i].shape, at::kFloat);
      found[i].defined() ? out.copy_(found[i]) : out.zero_();
    }
    return loss;
  }

  static std::span<float> elements(const at::Tensor& tensor) {
    return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
  }

  Module module_;
  std::vector<Slot> slots_;
  LayoutPointer layout_;
  DataShape shape_;
  std::vector<std::pair<Module, bool>> modes_;             // of training, as exported
  std::vector<std::pair<at::Tensor, at::Tensor>> others_;  // tensors that are no floats, and what they start from
  std::vector<float> scratch_;
  at::Tensor kept_;
};

}  // namespace

ScriptModule::ScriptModule(const std::filesystem::path& path) : path_(path) {
  const auto module = load(path);
  refuse_unrepeatable(module, path);
  std::vector<TensorSpec> specs;
  const auto slots = slots_of(module, path);
  refuse_ties(slots, path);
  for (const auto& slot : slots)
    specs.push_back({slot.name, slot.owner.attr(slot.attribute).toTensor().sizes().vec(),
                     slot.trainable ? TensorRole::trainable : TensorRole::buffer});
  layout_ = std::make_shared<const Layout>(std::move(specs));
  if (layout_->trainable_size() == 0) throw RequestError(path.string() + " has no trainable parameter");
  initial_ = Parameters(layout_);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto values = slots[i].owner.attr(slots[i].attribute).toTensor().contiguous();
    std::copy_n(values.data_ptr<float>(), values.numel(), initial_.tensor(i).begin());
  }
}

void ScriptModule::require_outputs(const DataShape& shape) const {
  constexpr std::int64_t kBatch = 2;
  auto module = load(path_);
  const at::NoGradGuard guard;
  std::vector<std::int64_t> sizes;
  try {
    sizes = call(module, at::zeros(batch_sizes(shape, kBatch)), shape).sizes().vec();
  } catch (const std::exception& error) {
    throw RequestError(fmt::format("{}: forward() fails for a batch of {} examples of {}: {}", path_.string(), kBatch,
                                   shape.text(), first_line(error.what())));
  }
  std::int64_t each = 1;
  for (std::size_t i = 1; i < sizes.size(); ++i) each *= sizes[i];
  const bool fits = !sizes.empty() && sizes[0] == kBatch && each == shape.outputs() &&
                    (shape.task != LearningTask::classification || sizes.size() == 2);
  if (!fits)
    throw RequestError(fmt::format("{}: forward() turns a batch of {} examples into {}, the data need {}×{}",
                                   path_.string(), kBatch, DataShape{sizes}.text(), kBatch, shape.outputs()));
}

std::unique_ptr<Network> ScriptModule::network(const DataShape& shape, const LossFunction& loss) const {
  auto module = load(path_);
  auto slots = slots_of(module, path_);
  return std::make_unique<ScriptNetwork>(std::move(module), std::move(slots), layout_, shape, loss);
}

}  // namespace brume::learning
