#pragma once

#include <string>
#include <utility>
#include <vector>

#include "brume/layers.hpp"

namespace brume::learning {

/// Which normalisation a model has, as an option of it.
class Norm {
 public:
  explicit Norm(std::string kind = "group") : kind_(std::move(kind)) {}
  void declare(Options& options);
  /// Adds one for so many channels to `layers`, named so; nothing if there is none.
  void add(std::vector<Layer>& layers, const std::string& name, std::int64_t channels) const;
  bool none() const { return kind_ == "none"; }

 private:
  std::string kind_;
  std::int64_t groups_ = 8;
};

}  // namespace brume::learning
