#include "learning/models/torchscript.hpp"

namespace brume::learning {

void TorchScript::declare(Options& options) {
  options.path({"path", "the file", true}, path_);
  options.number_or_none({"flops", "forward, for one example; by default two for each trainable parameter"}, flops_,
                         Range::at_least(0));
  options.number({"activations", "numbers that training keeps for one example, for the estimate of memory"},
                 activations_, Range::at_least(0));
}

void TorchScript::open(const std::filesystem::path& folder) {
  module_ = std::make_shared<const ScriptModule>(folder / path_);
}

ModelFacts TorchScript::facts(const DataShape& shape) const {
  module_->require_outputs(shape);
  const double dense = 2.0 * static_cast<double>(module_->layout()->trainable_size());
  return {module_->layout(), flops_.value_or(dense), activations_};
}

Parameters TorchScript::initialise(const DataShape& /*shape*/, std::uint64_t /*seed*/) const {
  return module_->initial();
}

}  // namespace brume::learning
