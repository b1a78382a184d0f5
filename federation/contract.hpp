#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aggregator/aggregator.hpp"
#include "configs/document.hpp"
#include "federation/assembly.hpp"
#include "federation/builtin.hpp"
#include "federation/tree.hpp"
#include "fog_node/fog_node.hpp"

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

/// The lines in which two contracts differ: "topology.fog.0.count: 20 → 21" and the like, a few of them.
std::string difference(const std::string& before, const std::string& after);

/// A contract as a node reads it that combines updates, and has neither the model nor data.
class CombiningPart {
 public:
  /// Throws ConfigurationError, also for an algorithm or a codec that this build does not know.
  explicit CombiningPart(const Contract& contract);

  std::uint64_t devices() const { return configuration_.device_count(); }
  const Tree& tree() const { return tree_; }
  const std::shared_ptr<const Codec>& uplink() const { return uplink_; }
  const std::shared_ptr<const Codec>& downlink() const { return downlink_; }
  /// That an update holds.
  std::vector<VectorSpec> vectors() const { return configuration_.algorithm->vectors(layout_); }
  /// What a fog node works with below `parent`. `seed` is the servers' own; `population` says who is connected.
  fog_node::Setup fog_setup(NodeId self, NodeId parent, std::uint64_t seed,
                            std::shared_ptr<const Population> population) const;
  /// No message is larger: with its frames, and without.
  struct Most {
    std::uint64_t bytes = 0;
    std::uint64_t head_bytes = 0;
  };
  Most most_from_above() const;
  Most most_from(NodeId::Role below) const;

 private:
  configs::Configuration configuration_;
  LayoutPointer layout_;
  Tree tree_;
  std::shared_ptr<const Codec> uplink_;
  std::shared_ptr<const Codec> downlink_;
  std::shared_ptr<const Codec> fog_uplink_;  // null: exact
};

}  // namespace brume::federation
