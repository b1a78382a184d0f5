#include "brume/state.hpp"

#include "brume/error.hpp"

namespace brume {

void State::add_integers(State other) {
  if (!other.vectors.empty() || !other.scalars.empty())
    throw Error("a codec keeps something other than integers, which cannot be added back");
  for (auto& [name, more] : other.integers) {
    auto& values = integers[name];
    if (values.empty()) {
      values = std::move(more);
      continue;
    }
    if (values.size() != more.size()) throw Error("two states of '" + name + "' have different sizes");
    for (std::size_t i = 0; i < values.size(); ++i)
      if (__builtin_add_overflow(values[i], more[i], &values[i])) throw Error("'" + name + "' has grown out of range");
  }
}

std::size_t State::bytes() const {
  std::size_t total = scalars.size() * sizeof(double);
  for (const auto& [name, values] : vectors) total += values.size() * sizeof(float);
  for (const auto& [name, values] : integers) total += values.size() * sizeof(std::int64_t);
  return total;
}

}  // namespace brume
