#pragma once

#include <span>
#include <string>
#include <vector>

#include "brume/layout.hpp"
#include "brume/parameters.hpp"

namespace brume::algorithms {

/// A model's tensors in two parts: those that devices keep to themselves, by patterns of their names ("output.*"), and
/// those that they share.
class LayerSplit {
 public:
  /// Throws RequestError for a pattern that no tensor matches, naming the tensors, and when nothing would be shared.
  LayerSplit(const LayoutPointer& model, const std::vector<std::string>& local);

  const LayoutPointer& shared() const { return shared_.layout; }
  const LayoutPointer& local() const { return local_.layout; }

  void take_shared(std::span<const float> model, std::span<float> out) const { take(shared_, model, out); }
  void take_local(std::span<const float> model, std::span<float> out) const { take(local_, model, out); }
  void put_local(std::span<const float> values, std::span<float> model) const { put(local_, values, model); }
  /// model ← model + factor · change, for the shared part; buffers by the change as it is.
  void add_shared(std::span<const float> change, float factor, std::span<float> model) const;

 private:
  struct Part {
    LayoutPointer layout;
    std::vector<std::size_t> offsets;  // in the model, of each of its tensors
  };
  static void take(const Part& part, std::span<const float> model, std::span<float> out);
  static void put(const Part& part, std::span<const float> values, std::span<float> model);

  Part shared_;
  Part local_;
};

}  // namespace brume::algorithms
