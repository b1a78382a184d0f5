#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brume/exact_sum.hpp"
#include "brume/local_program.hpp"
#include "brume/options.hpp"
#include "brume/state.hpp"
#include "brume/update.hpp"

namespace brume {

/// What an algorithm asks of its host.
struct AlgorithmTraits {
  bool keeps_updates = false;  ///< its aggregate grows with the number of updates (median, Krum)
};

/// A vector that devices upload.
struct VectorSpec {
  std::string name;
  LayoutPointer layout;
};

/// What one update adds to an aggregate, after decoding.
struct Contribution {
  TaskId task;
  double weight = 1;
  std::vector<NamedVector> vectors;
  std::vector<NamedScalar> scalars;
};

/// A combination of updates that any node of the tree may make part of: add and merge are associative and commutative,
/// bit for bit. Its memory does not grow with the number of updates unless the algorithm's traits say so.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  /// Adds all of the contribution or nothing.
  [[nodiscard]] virtual AddOutcome add(const Contribution& contribution) = 0;
  [[nodiscard]] virtual AddOutcome merge(const Aggregate& other) = 0;
  virtual std::uint64_t contributions() const = 0;
};

/// The aggregate of most algorithms: an exact sum of weight · x for each named vector and scalar, and of the weights.
class WeightedSums : public Aggregate {
 public:
  WeightedSums(const std::vector<VectorSpec>& vectors, const std::vector<std::string>& scalars,
               const ExactFormat& format);

  /// Throws FormatError when the contribution's names or sizes are not those of the sums. `out_of_range` also for a
  /// weight so small that it rounds to zero.
  AddOutcome add(const Contribution& contribution) override;
  AddOutcome merge(const Aggregate& other) override;
  std::uint64_t contributions() const override { return contributions_; }

  double weight() const { return weight_.value(); }
  /// Writes Σ weight · x / Σ weight of the named vector. Throws Error for an unknown name; requires weight() > 0.
  void mean(std::string_view name, std::span<float> out) const;
  double mean(std::string_view scalar) const;
  const ExactSum& sum(std::string_view name) const;

 private:
  std::vector<std::size_t> order_of(const Contribution& contribution) const;

  std::vector<std::string> names_;
  std::vector<ExactSum> sums_;
  std::vector<std::string> scalar_names_;
  std::vector<ExactScalar> scalars_;
  ExactScalar weight_;
  std::uint64_t contributions_ = 0;
};

/// A federated algorithm: what devices run, how their updates combine, and what the server makes of the result.
/// Instances are immutable once declared and shared between threads; whatever they remember lies in `State`.
class Algorithm : public Component {
 public:
  static constexpr std::string_view kKind = "algorithm";

  virtual AlgorithmTraits traits() const { return {}; }

  /// What devices run; null means the default program, SGD over shuffled batches that uploads the model's change as
  /// "delta", with correction() applied to each gradient.
  virtual const LocalProgram* program() const { return nullptr; }
  virtual const LocalCorrection* correction() const { return nullptr; }

  /// A device's share in the mean; by default the number of its examples, as in McMahan et al. 2017, algorithm 1.
  virtual double weight(const Update& update) const { return static_cast<double>(update.samples); }

  /// The vectors and scalars that each device uploads for a model of that layout; by default the model's "delta" alone.
  /// Updates that have others are refused before anything is decoded.
  virtual std::vector<VectorSpec> vectors(const LayoutPointer& model) const;
  virtual std::vector<std::string> scalars() const { return {}; }

  /// An empty aggregate for a model of that layout; by default WeightedSums of vectors() and scalars().
  virtual std::unique_ptr<Aggregate> aggregate(const LayoutPointer& layout, const ExactFormat& format) const;

  /// The server's step: changes `model` by the aggregate of one round. `state` is the server's. Returns scalars that
  /// become columns of rounds.csv, the same names each round. Not called for an empty aggregate.
  virtual std::vector<NamedScalar> step(const Aggregate& aggregate, Parameters& model, State& state) const = 0;
};

}  // namespace brume
