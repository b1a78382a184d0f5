#include "brume/state.hpp"

#include <cassert>

namespace brume {

void State::add_integers(State other) {
  for (auto& [name, more] : other.integers) {
    auto& values = integers[name];
    if (values.empty()) {
      values = std::move(more);
      continue;
    }
    assert(values.size() == more.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += more[i];
  }
}

std::size_t State::bytes() const {
  std::size_t total = scalars.size() * sizeof(double);
  for (const auto& [name, values] : vectors) total += values.size() * sizeof(float);
  for (const auto& [name, values] : integers) total += values.size() * sizeof(std::int64_t);
  return total;
}

}  // namespace brume
