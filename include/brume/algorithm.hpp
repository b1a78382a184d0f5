#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "brume/aggregate.hpp"
#include "brume/closing.hpp"
#include "brume/local_program.hpp"
#include "brume/options.hpp"
#include "brume/state.hpp"

namespace brume {

/// What an algorithm asks of its host.
struct AlgorithmTraits {
  bool keeps_updates = false;     ///< its aggregate grows with the number of updates (median, Krum)
  bool needs_exact_sums = false;  ///< a lossy fog uplink would break it
  bool personal = false;          ///< devices use models of their own: personalise() says which
  bool votes = false;             ///< takes signs alone of updates, so that codecs may send no more
  bool pools_data = false;        ///< whoever trains sees everybody's examples: a baseline, not a federation
};

/// What was folded of one base version, and is now taken in.
struct TakenAggregate {
  Version base = 0;
  const Aggregate* aggregate = nullptr;
};

/// What one step works on.
struct StepInput {
  Version version = 0;                    ///< of the model that is stepped
  std::uint64_t devices = 0;              ///< enrolled, taking part or not
  std::span<const TakenAggregate> taken;  ///< oldest base first, none of them empty; only `version` in rounds
  std::uint64_t seed = 0;
  std::uint64_t node = 0;  ///< 0 the cloud, otherwise 1 + the fog node's index

  /// The aggregate of a round.
  const Aggregate& aggregate() const { return *taken.back().aggregate; }
  /// The same, of an algorithm that has not changed aggregate(). Throws Error otherwise.
  const WeightedSums& sums() const;
  /// Random numbers for this step.
  Stream stream(Purpose purpose) const { return {seed, purpose, version, node}; }
};

/// A federated algorithm: what devices run, how their updates combine, and what the server makes of the result.
/// Instances are immutable once declared and shared between threads; whatever they remember lies in `State`.
class Algorithm : public Component {
 public:
  static constexpr std::string_view kKind = "algorithm";

  virtual AlgorithmTraits traits() const { return {}; }
  /// Throws RequestError when it cannot work with such a model or such training, saying what to change.
  virtual void check(const LayoutPointer& /*model*/, const TrainingPlan& /*plan*/) const {}

  // ---- On the devices

  /// What devices run; null means the default program, SGD over shuffled batches that uploads the model's change as
  /// "delta", with correction() applied to each gradient.
  virtual const LocalProgram* program() const { return nullptr; }
  virtual const LocalCorrection* correction() const { return nullptr; }

  /// How many examples' gradients a task computes, from which its time is modelled.
  virtual std::uint64_t examples_for(const TrainingPlan& plan, std::uint64_t samples) const {
    return plan.examples_for(samples);
  }

  /// Changes context.model(), which is a copy of the received one, into the model that the device itself would use, by
  /// what it keeps and, if need be, its examples. Leaves context.state() alone.
  virtual void personalise(LocalContext& /*context*/) const {}

  /// A device's share in the mean; by default the number of its examples, as in McMahan et al. 2017, algorithm 1.
  virtual double weight(const Update& update) const { return static_cast<double>(update.samples); }

  /// The vectors and scalars that each device uploads for a model of that layout; by default the model's "delta" alone.
  /// Updates that have others are refused before anything is decoded.
  virtual std::vector<VectorSpec> vectors(const LayoutPointer& model) const;
  virtual std::vector<std::string> scalars() const { return {}; }

  /// The vectors of a device's state, which it keeps between its tasks.
  virtual std::vector<VectorSpec> client_state(const LayoutPointer& /*model*/) const { return {}; }

  /// Vectors of the server's state that go down with each model, by their names in `State`; zeros until they are there.
  /// They pass the downlink's codec, as the model does.
  virtual std::vector<VectorSpec> broadcast(const LayoutPointer& /*model*/) const { return {}; }

  // ---- On any node

  /// An empty aggregate for a model of that layout; by default WeightedSums of vectors() and scalars().
  virtual std::unique_ptr<Aggregate> aggregate(const LayoutPointer& layout, const ExactFormat& format) const;

  // ---- On the lowest fog nodes

  /// At most 255. Rounds that a lowest fog node runs on a model of its own for each of the cloud's (κ₂ of HierFAVG, Liu
  /// et al. 2020); with 1 it only combines. If there are more, vectors() must be the model's "delta" alone, and a fog
  /// node counts as one update, with the weight of its last round.
  virtual std::uint64_t fog_rounds() const { return 1; }
  /// The fog node's step after each of its rounds; `state` starts empty with each of the cloud's versions.
  virtual void fog_step(const StepInput& input, Parameters& model, State& state) const {
    (void)step(input, model, state);
  }

  // ---- On the server

  /// When the server steps and how many devices it asks; null means rounds, as selection and deadline say.
  virtual const ClosingPolicy* closing() const { return nullptr; }

  /// The server's step: changes `model` by what is taken in. `state` is the server's. Returns scalars that become
  /// columns of rounds.csv, the same names each time. Not called when there is nothing to take in.
  virtual std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const = 0;
};

}  // namespace brume
