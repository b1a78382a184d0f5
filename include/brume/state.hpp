#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace brume {

/// What an algorithm, policy or codec remembers between calls: named vectors and scalars, held by the host, which
/// stages, commits, persists, checkpoints and hashes it. Components themselves keep nothing. A value: copying it
/// stages it.
struct State {
  std::map<std::string, std::vector<float>, std::less<>> vectors;
  std::map<std::string, std::vector<std::int64_t>, std::less<>> integers;  ///< on a grid of their owner's choice
  std::map<std::string, double, std::less<>> scalars;

  /// The vector of that name, made of `size` zeros the first time.
  std::vector<float>& vector(const std::string& name, std::size_t size) {
    auto& values = vectors[name];
    if (values.empty()) values.resize(size);
    return values;
  }
  bool empty() const { return vectors.empty() && integers.empty() && scalars.empty(); }

  /// Adds the other's integer vectors to those of the same name. Throws Error if the other has anything else, for
  /// different sizes, and for sums out of range.
  void add_integers(State other);
  /// Bytes that the values take, without the map's own.
  std::size_t bytes() const;
  bool operator==(const State&) const = default;
};

}  // namespace brume
