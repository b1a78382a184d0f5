#pragma once

#include <map>
#include <string>
#include <vector>

namespace brume {

/// What an algorithm, policy or codec remembers between calls: named vectors and scalars, held by the host, which
/// stages, commits, persists, checkpoints and hashes it. Components themselves keep nothing. A value: copying it
/// stages it.
struct State {
  std::map<std::string, std::vector<float>, std::less<>> vectors;
  std::map<std::string, double, std::less<>> scalars;

  /// The vector of that name, made of `size` zeros the first time.
  std::vector<float>& vector(const std::string& name, std::size_t size) {
    auto& values = vectors[name];
    if (values.empty()) values.resize(size);
    return values;
  }
  bool empty() const { return vectors.empty() && scalars.empty(); }
  bool operator==(const State&) const = default;
};

}  // namespace brume
