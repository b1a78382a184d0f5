#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aggregator/aggregator.hpp"
#include "configs/document.hpp"
#include "federation/assembly.hpp"
#include "federation/builtin.hpp"

namespace brume::federation {

/// What every node of a deployed federation has to agree on, as the aggregator's file says it: the resolved file with
/// what only the aggregator acts on (rounds, target, evaluation) set to one value, so that it may change.
struct Contract {
  std::string yaml;
  LayoutPointer layout;  ///< of the model
  std::string id;        ///< of this federation, made when it began: its versions are not another's

  Digest digest() const;
};

Contract make_contract(configs::Document& document, const Registry& registry, const configs::Presets& presets,
                       LayoutPointer layout);

/// The lines in which two contracts' files differ, a few of them.
std::string difference(const std::string& before, const std::string& after);
/// For a node that works by one contract and is given another.
std::string what_changed(const Contract& before, const Contract& after);

/// A contract as a node reads it that combines updates, and has neither the model nor data.
class CombiningPart {
 public:
  /// Throws ConfigurationError, also for an algorithm or a codec that this build does not know.
  CombiningPart(const Contract& contract, const Registry& registry);

  std::uint64_t devices() const { return configuration_.device_count(); }
  const Tree& tree() const { return tree_; }
  const Codec& uplink() const { return *assembly_.uplink; }
  const std::shared_ptr<const Codec>& downlink() const { return assembly_.downlink; }
  std::shared_ptr<compression::ModelHistory> make_history(compression::ModelHistory::Keeps keeps) const {
    return assembly_.make_history(keeps);
  }
  /// That an update holds.
  std::vector<VectorSpec> vectors() const { return assembly_.algorithm->vectors(layout()); }
  /// What a fog node works with below `parent`. `seed` is the servers' own; `population` says who is connected.
  fog_node::Setup fog_setup(NodeId self, NodeId parent, std::uint64_t seed,
                            std::shared_ptr<const Population> population) const;
  MessageLimits most_from_above() const;
  MessageLimits most_from(NodeId::Role below) const;

 private:
  const LayoutPointer& layout() const { return assembly_.facts.layout; }

  configs::Configuration configuration_;
  Tree tree_;
  Assembly assembly_;  // without model, data and training
};

}  // namespace brume::federation
