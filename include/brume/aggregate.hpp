#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brume/codec.hpp"
#include "brume/exact_sum.hpp"
#include "brume/task.hpp"
#include "brume/update.hpp"

namespace brume {

/// A vector that devices upload, the server broadcasts, or a device keeps.
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
  std::uint64_t count = 1;  ///< updates that it stands for: those behind a fog node's own rounds
};

/// A combination of updates that any node of the tree may make part of: add and merge are associative and commutative,
/// bit for bit. Its memory does not grow with the number of updates unless the algorithm's traits say so.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  /// Adds all of the contribution or nothing. Throws FormatError when its names or sizes are not the aggregate's.
  [[nodiscard]] virtual AddOutcome add(const Contribution& contribution) = 0;
  /// `other` was made by the same algorithm for the same layout and grid.
  [[nodiscard]] virtual AddOutcome merge(const Aggregate& other) = 0;
  virtual std::uint64_t contributions() const = 0;
  /// Whether it is of just these tasks, as far as it knows: a part's sums are compared with its receipts.
  virtual bool consists_of(std::span<const TaskId> tasks) const { return contributions() == tasks.size(); }

  /// The aggregate as bytes, for the node above: all of it, to the bit, unless vectors go through a codec, `lossy`.
  virtual Frame encode(const Codec* lossy, const Stream& stream) const = 0;
  /// Fills this aggregate, which is empty, from a frame. The bytes are hostile: throws FormatError and allocates no
  /// more than the aggregate itself and the frame's size warrant.
  virtual void decode(std::span<const std::byte> frame, const Codec* lossy) = 0;
};

/// The aggregate of most algorithms: an exact sum of weight · x for each named vector and scalar, and of the weights.
/// Its frame is described in core/PARTIAL.md.
class WeightedSums : public Aggregate {
 public:
  WeightedSums(const std::vector<VectorSpec>& vectors, const std::vector<std::string>& scalars,
               const ExactFormat& format);

  /// `out_of_range` also for a weight so small that it rounds to zero.
  AddOutcome add(const Contribution& contribution) override;
  AddOutcome merge(const Aggregate& other) override;
  std::uint64_t contributions() const override { return contributions_; }
  Frame encode(const Codec* lossy, const Stream& stream) const override;
  void decode(std::span<const std::byte> frame, const Codec* lossy) override;

  double weight() const { return weight_.value(); }
  /// Writes Σ weight · x / Σ weight of the named vector. Throws Error for an unknown name or an `out` of another size;
  /// requires weight() > 0.
  void mean(std::string_view name, std::span<float> out) const;
  double mean(std::string_view scalar) const;
  const ExactSum& sum(std::string_view name) const;
  /// Adds terms of no update to the named sum, such as what a lossy frame of an earlier one left out. Throws
  /// FormatError where the sum's contributions cannot come to as much, for another size and for an unknown name.
  void carry(std::string_view name, std::span<const std::int64_t> terms);

 private:
  std::vector<std::size_t> order_of(const Contribution& contribution) const;

  ExactFormat format_;
  std::vector<std::string> names_;
  std::vector<LayoutPointer> layouts_;
  std::vector<ExactSum> sums_;
  std::vector<std::string> scalar_names_;
  std::vector<ExactScalar> scalars_;
  ExactScalar weight_;
  std::uint64_t contributions_ = 0;
};

/// Every contribution as it is, in the order of their tasks: for rules that need each update (median, Krum). Grows with
/// the number of updates.
class KeptUpdates final : public Aggregate {
 public:
  KeptUpdates(std::vector<VectorSpec> vectors, std::vector<std::string> scalars, std::uint64_t most_contributions)
      : vectors_(std::move(vectors)), scalars_(std::move(scalars)), most_(most_contributions) {}

  /// `not_finite` if any element is; `full` also for a task that is there already.
  AddOutcome add(const Contribution& contribution) override;
  AddOutcome merge(const Aggregate& other) override;
  std::uint64_t contributions() const override { return updates_.size(); }
  bool consists_of(std::span<const TaskId> tasks) const override;
  Frame encode(const Codec* lossy, const Stream& stream) const override;
  void decode(std::span<const std::byte> frame, const Codec* lossy) override;

  const std::map<TaskId, Contribution>& updates() const { return updates_; }

 private:
  void check(const Contribution& contribution) const;

  std::vector<VectorSpec> vectors_;
  std::vector<std::string> scalars_;
  std::uint64_t most_;
  std::map<TaskId, Contribution> updates_;
};

}  // namespace brume
