#pragma once

#include <string>
#include <vector>

#include "brume/layout.hpp"
#include "brume/parameters.hpp"

namespace brume {

/// One named vector of an update, with a layout of its own: some algorithms upload a subset or a second vector.
struct NamedVector {
  std::string name;  ///< "delta" for the model's change
  LayoutPointer layout;
  FloatVector values;  ///< layout->size() floats
};

struct NamedScalar {
  std::string name;
  double value = 0;
  bool operator==(const NamedScalar&) const = default;
};

/// What a device learnt from one task.
struct Update {
  std::vector<NamedVector> vectors;
  std::vector<NamedScalar> scalars;
  double weight = 1;          ///< share in a weighted mean; by default the number of samples
  double loss = 0;            ///< mean training loss over all steps
  std::uint64_t samples = 0;  ///< examples that the device holds

  const NamedVector* find(std::string_view name) const {
    for (const auto& vector : vectors)
      if (vector.name == name) return &vector;
    return nullptr;
  }
};

inline constexpr std::string_view kDelta = "delta";

}  // namespace brume
