#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "brume/data.hpp"
#include "brume/layout.hpp"
#include "brume/parameters.hpp"
#include "learning/network.hpp"

namespace brume::learning {

/// A model in a TorchScript file, as `torch.jit.script(model).save(path)` writes it: its parameters and buffers of
/// 32-bit floats are a layout's tensors, others are as exported before each call. Modules that were exported in
/// training mode train in it, those after `eval()` stay as they are; evaluation has all of them in eval mode. Throws
/// RequestError for a file that is no TorchScript, for tensors that are tied, and for a module whose runs could not be
/// repeated: that draws random numbers, which it would do from a generator that all threads share, or keeps something
/// between calls.
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
