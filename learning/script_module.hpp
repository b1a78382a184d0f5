#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "brume/data.hpp"
#include "brume/layout.hpp"
#include "brume/parameters.hpp"
#include "learning/network.hpp"

namespace brume::learning {

/// A model in a TorchScript file, as `torch.jit.script(model).save(path)` or `torch.jit.trace` write it: its parameters
/// and buffers of 32-bit floats are a layout's tensors, others stay as they are. A module exported in training mode
/// trains in it, one exported after `eval()` stays as it is. Throws RequestError for a file that is no TorchScript, and
/// for a module that draws random numbers, since it would do so from a generator that all threads share.
class ScriptModule {
 public:
  explicit ScriptModule(const std::filesystem::path& path);
  const LayoutPointer& layout() const { return layout_; }
  Parameters initial() const { return initial_; }

  /// Throws RequestError unless a batch of that shape comes out as the task needs it.
  void require_outputs(const DataShape& shape) const;
  std::unique_ptr<Network> network(const DataShape& shape, const LossFunction& loss) const;

 private:
  std::filesystem::path path_;
  LayoutPointer layout_;
  Parameters initial_;
};

}  // namespace brume::learning
