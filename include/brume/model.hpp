#pragma once

#include <filesystem>
#include <optional>

#include "brume/data.hpp"
#include "brume/layout.hpp"
#include "brume/options.hpp"
#include "brume/parameters.hpp"
#include "brume/task.hpp"

namespace brume {

/// What can be said of a model without running it.
struct ModelFacts {
  LayoutPointer layout;
  double forward_flops = 0;      ///< floating-point operations for one example, a multiply–add counted as two
  double activations = 0;        ///< numbers that the layers put out for one example, which the backward pass needs
  std::uint64_t stands_for = 0;  ///< parameters of the model that a stand-in is for; 0: it is none

  /// Forward and backward: the backward pass costs about twice the forward one.
  double training_flops() const { return 3 * forward_flops; }
  std::uint64_t parameter_count() const { return stands_for > 0 ? stands_for : layout->size(); }
};

/// Bytes on the wire of what a stand-in for a larger model is sent as.
struct DeclaredSizes {
  std::uint64_t model = 0;    ///< down to a device or a fog node
  std::uint64_t update = 0;   ///< up from a device
  std::uint64_t partial = 0;  ///< up from a fog node
};

/// A model that a configuration can name. Free of LibTorch: an aggregator can lay out and initialise it without.
class Model : public Component {
 public:
  static constexpr std::string_view kKind = "model";
  /// Reads what the model needs of files; relative paths start at `folder`. Called once, before what follows. Throws
  /// RequestError for a file that is missing or no model.
  virtual void open(const std::filesystem::path& /*folder*/) {}
  /// Throws RequestError when the model's input does not match the data, naming both.
  virtual ModelFacts facts(const DataShape& shape) const = 0;
  /// Fresh parameters, a pure function of (options, shape, seed).
  virtual Parameters initialise(const DataShape& shape, std::uint64_t seed) const = 0;
  /// Of a stand-in: what a simulation is to send instead of its frames, for tasks of a version.
  virtual std::optional<DeclaredSizes> declared_sizes(Version /*version*/) const { return std::nullopt; }
};

}  // namespace brume
