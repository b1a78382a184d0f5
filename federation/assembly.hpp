#pragma once

#include <filesystem>
#include <memory>

#include "aggregator/aggregator.hpp"
#include "brume/training.hpp"
#include "configs/document.hpp"
#include "federation/task_timing.hpp"
#include "federation/tree.hpp"
#include "fog_node/fog_node.hpp"

namespace brume::federation {

/// A federation put together from its configuration: the parts that do not depend on whether it is simulated or
/// deployed.
struct Assembly {
  std::shared_ptr<const Model> model;
  ModelFacts facts;
  std::shared_ptr<const FederatedData> data;
  std::shared_ptr<const Algorithm> algorithm;
  std::shared_ptr<const LocalProgram> program;
  std::shared_ptr<const SelectionPolicy> selection;
  std::shared_ptr<const Codec> uplink;
  std::shared_ptr<const Codec> downlink;
  std::shared_ptr<const Codec> changes;     ///< of the model from one version to the next; null: it goes down whole
  std::shared_ptr<const Codec> fog_uplink;  ///< null: exact
  bool meets_deadline = false;              ///< devices choose how small their updates are
  std::filesystem::path spill_folder;       ///< of devices' states; empty for the system's temporary one
  std::filesystem::path start_file;         ///< the model to start from; empty: fresh parameters
  TrainingPlan plan;
  std::vector<TaskTiming> timings;  ///< of each group of devices
  std::uint64_t seed = 0;

  aggregator::Setup aggregator_setup(const configs::Configuration& configuration,
                                     std::shared_ptr<const Population> population, NodeId::Role children) const;
  /// Of the fog node `self` of a tree, with the node above it as `parent`.
  fog_node::Setup fog_setup(const Tree& tree, NodeId self, NodeId parent,
                            std::shared_ptr<const Population> population) const;
  /// What a node remembers of the model's versions; null where they are not sent as changes.
  std::shared_ptr<compression::ModelHistory> make_history(compression::ModelHistory::Keeps keeps) const;
  TrainingSetup training_setup(unsigned workers) const;
  /// Whether the model stands in for a larger one, whose sizes it declares.
  bool is_stand_in() const { return model->declared_sizes(0).has_value(); }
  /// Throws RequestError for a stand-in, in the name of `file`: it can only be simulated.
  void require_real_model(const std::string& file) const;
  /// Of the frames of a task: at most so large, or as declared by a stand-in for a larger model.
  DeclaredSizes payload_sizes(Version version) const;
  /// The same with what messages add to their frames.
  DeclaredSizes wire_sizes(Version version) const;
  /// Examples whose gradients a device's task computes.
  std::uint64_t examples_for(std::uint64_t samples) const { return algorithm->examples_for(plan, samples); }
  /// Examples that the task processes; fewer if it ends early.
  std::uint64_t examples_of(const TaskId& task) const {
    return algorithm->examples_for(plan.of_task(seed, task), data->sample_count(task.device));
  }
  /// From the start file, or drawn by the seed. Throws RequestError for a file that does not fit.
  Parameters initial_model() const;
};

/// What a device needs of a federation that others have checked, with the data that it has.
Assembly assemble_for_device(const configs::Document& document, std::shared_ptr<const FederatedData> data);

/// The federation's own data: what its file names, dealt to its devices. Throws RequestError.
std::shared_ptr<const FederatedData> federation_data(const configs::Document& document);

/// Reads the data, lays out the model, builds the codecs, and checks what crosses rooms. Throws ConfigurationError with
/// the place of the part that does not fit.
Assembly assemble(const configs::Document& document);

}  // namespace brume::federation
