#include <algorithm>
#include <cmath>

#include "brume/algorithm.hpp"
#include "brume/error.hpp"

namespace brume {

namespace {

// Where a name stands, or names.size().
std::size_t find(const std::vector<std::string>& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::size_t index_of(const std::vector<std::string>& names, std::string_view name) {
  const std::size_t index = find(names, name);
  if (index == names.size()) throw Error("the aggregate has no '" + std::string(name) + "'");
  return index;
}

}  // namespace

WeightedSums::WeightedSums(const std::vector<VectorSpec>& vectors, const std::vector<std::string>& scalars,
                           const ExactFormat& format)
    : format_(format), scalar_names_(scalars), scalars_(scalars.size(), ExactScalar(format)), weight_(format) {
  for (const auto& vector : vectors) {
    names_.push_back(vector.name);
    layouts_.push_back(vector.layout);
    sums_.emplace_back(vector.layout->size(), format);
  }
}

// The sum that each of the contribution's vectors belongs to: every sum once.
std::vector<std::size_t> WeightedSums::order_of(const Contribution& contribution) const {
  std::vector<std::size_t> order;
  for (const auto& vector : contribution.vectors) {
    const std::size_t index = find(names_, vector.name);
    if (index == names_.size() || std::find(order.begin(), order.end(), index) != order.end() ||
        vector.values.size() != sums_[index].size())
      throw FormatError("an update's vector '" + vector.name + "' is not one that the aggregate sums");
    order.push_back(index);
  }
  if (order.size() != names_.size()) throw FormatError("an update lacks a vector that the aggregate sums");
  return order;
}

// All or nothing: scalars are tried on copies first, and a vector that fails takes back those before it, which is
// exact.
AddOutcome WeightedSums::add(const Contribution& contribution) {
  const auto order = order_of(contribution);
  ExactScalar weight = weight_;
  if (const auto outcome = weight.add(1.0, contribution.weight, contribution.count); outcome != AddOutcome::added)
    return outcome;
  if (weight.term() == weight_.term()) return AddOutcome::out_of_range;
  auto scalars = scalars_;
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    const auto found = std::find_if(contribution.scalars.begin(), contribution.scalars.end(),
                                    [&](const NamedScalar& scalar) { return scalar.name == scalar_names_[i]; });
    if (found == contribution.scalars.end()) throw FormatError("an update lacks the scalar '" + scalar_names_[i] + "'");
    if (const auto outcome = scalars[i].add(found->value, contribution.weight, contribution.count);
        outcome != AddOutcome::added)
      return outcome;
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto outcome = sums_[order[i]].add(contribution.vectors[i].values, contribution.weight, contribution.count);
    if (outcome == AddOutcome::added) continue;
    while (i-- > 0) sums_[order[i]].take_back(contribution.vectors[i].values, contribution.weight, contribution.count);
    return outcome;
  }
  weight_ = weight;
  scalars_ = std::move(scalars);
  contributions_ += contribution.count;
  return AddOutcome::added;
}

AddOutcome WeightedSums::merge(const Aggregate& other) {
  const auto& sums = dynamic_cast<const WeightedSums&>(other);
  if (sums.names_ != names_ || sums.scalar_names_ != scalar_names_)
    throw FormatError("a partial aggregate has other vectors than this one");
  if (const auto outcome = weight_.merge(sums.weight_); outcome != AddOutcome::added) return outcome;
  // Every sum has as many contributions as the weights, so none of these can be full.
  for (std::size_t i = 0; i < sums_.size(); ++i) (void)sums_[i].merge(sums.sums_[i]);
  for (std::size_t i = 0; i < scalars_.size(); ++i) (void)scalars_[i].merge(sums.scalars_[i]);
  contributions_ += sums.contributions_;
  return AddOutcome::added;
}

void WeightedSums::mean(std::string_view name, std::span<float> out) const {
  const auto& total = sum(name);
  if (out.size() != total.size()) throw Error("the vector '" + std::string(name) + "' has another size");
  const double share = 1.0 / weight();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(total.value(i) * share);
}

double WeightedSums::mean(std::string_view scalar) const {
  return scalars_[index_of(scalar_names_, scalar)].value() / weight();
}

const ExactSum& WeightedSums::sum(std::string_view name) const { return sums_[index_of(names_, name)]; }

void WeightedSums::carry(std::string_view name, std::span<const std::int64_t> terms) {
  auto& sum = sums_[index_of(names_, name)];
  if (terms.size() != sum.size()) throw FormatError("what is carried into a sum has another size");
  std::vector<std::int64_t> total(sum.terms().begin(), sum.terms().end());
  for (std::size_t i = 0; i < total.size(); ++i)
    if (__builtin_add_overflow(total[i], terms[i], &total[i]))
      throw FormatError("what is carried into a sum is out of range");
  sum = ExactSum(format_, sum.contributions(), std::move(total));
}

const WeightedSums& StepInput::sums() const {
  const auto* sums = dynamic_cast<const WeightedSums*>(&aggregate());
  if (!sums) throw Error("the algorithm's aggregate is no weighted sum; its step must take it as what it is");
  return *sums;
}

std::vector<VectorSpec> Algorithm::vectors(const LayoutPointer& model) const { return {{std::string(kDelta), model}}; }

std::unique_ptr<Aggregate> Algorithm::aggregate(const LayoutPointer& layout, const ExactFormat& format) const {
  return std::make_unique<WeightedSums>(vectors(layout), scalars(), format);
}

}  // namespace brume
