#pragma once

#include <memory>
#include <optional>

#include "brume/model.hpp"
#include "learning/script_module.hpp"

namespace brume::learning {

/// Any model in a TorchScript file; see ScriptModule for what it may be. Initial values are the file's, whatever the
/// seed. In a deployed federation each client has the file under the same path.
class TorchScript final : public Model {
 public:
  void declare(Options& options) override;
  std::string_view shorthand() const override { return "path"; }
  void open(const std::filesystem::path& folder) override;
  ModelFacts facts(const DataShape& shape) const override;
  Parameters initialise(const DataShape& shape, std::uint64_t seed) const override;
  const ScriptModule& module() const { return *module_; }

 private:
  std::string path_;
  std::optional<double> flops_;
  double activations_ = 0;
  std::shared_ptr<const ScriptModule> module_;
};

}  // namespace brume::learning
