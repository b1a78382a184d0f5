#pragma once

#include "brume/data.hpp"
#include "brume/layout.hpp"
#include "brume/options.hpp"
#include "brume/parameters.hpp"

namespace brume {

/// What can be said of a model without running it.
struct ModelFacts {
  LayoutPointer layout;
  double forward_flops = 0;  ///< floating-point operations for one example, a multiply–add counted as two
  /// Forward and backward: the backward pass costs about twice the forward one.
  double training_flops() const { return 3 * forward_flops; }
};

/// A model that a configuration can name. Free of LibTorch: an aggregator can lay out and initialise it without.
class Model : public Component {
 public:
  static constexpr std::string_view kKind = "model";
  /// Throws RequestError when the model's input does not match the data, naming both.
  virtual ModelFacts facts(const DataShape& shape) const = 0;
  /// Fresh parameters, a pure function of (options, shape, seed).
  virtual Parameters initialise(const DataShape& shape, std::uint64_t seed) const = 0;
};

}  // namespace brume
