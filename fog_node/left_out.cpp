#include "fog_node/left_out.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"

namespace brume::fog_node {

LeftOut::LeftOut(const WeightedSums& wanted, const WeightedSums& sent, const std::vector<VectorSpec>& vectors)
    : weight_(wanted.weight()) {
  for (const auto& vector : vectors) {
    const auto& all = wanted.sum(vector.name);
    const auto arrived = sent.sum(vector.name).terms();
    exponent_ = all.format().exponent;
    auto& left = terms_.emplace_back(all.terms().begin(), all.terms().end());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] -= arrived[i];  // both are below 2^62
  }
}

LeftOut::Terms LeftOut::for_part(int exponent, double weight) const {
  auto moved = terms_;
  const double factor = std::ldexp(weight / weight_, exponent - exponent_);
  if (factor == 1) return moved;
  for (auto& terms : moved)
    for (auto& term : terms) {
      const double there = std::nearbyint(static_cast<double>(term) * factor);
      if (!(std::fabs(there) < 0x1p62)) throw FormatError("what lossy parts left out is out of range");
      term = static_cast<std::int64_t>(there);
    }
  return moved;
}

void LeftOut::carry_into(WeightedSums& sums, const std::vector<VectorSpec>& vectors) const {
  if (empty()) return;
  if (terms_.size() != vectors.size()) throw FormatError("what lossy parts left out is of other vectors");
  auto terms = for_part(sums.sum(vectors.front().name).format().exponent, sums.weight());
  std::size_t carried = 0;
  try {
    for (; carried < vectors.size(); ++carried) sums.carry(vectors[carried].name, terms[carried]);
  } catch (const FormatError&) {
    while (carried-- > 0) {
      std::transform(terms[carried].begin(), terms[carried].end(), terms[carried].begin(), std::negate<>());
      sums.carry(vectors[carried].name, terms[carried]);
    }
    throw;
  }
}

void LeftOut::add(const LeftOut& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
  } else {
    add(other.for_part(exponent_, weight_));
  }
}

void LeftOut::add(const Terms& more) {
  if (more.size() != terms_.size()) throw FormatError("what lossy parts left out is of other vectors");
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    if (more[i].size() != terms_[i].size()) throw FormatError("what lossy parts left out is of other vectors");
    for (std::size_t k = 0; k < terms_[i].size(); ++k)
      if (__builtin_add_overflow(terms_[i][k], more[i][k], &terms_[i][k]))
        throw FormatError("what lossy parts left out is out of range");
  }
}

}  // namespace brume::fog_node
