#include "federation/assembly.hpp"

#include <fmt/format.h>

#include <functional>

#include "brume/error.hpp"
#include "brume/local_sgd.hpp"
#include "compression/make_codec.hpp"
#include "core/model_file.hpp"
#include "federation/checks.hpp"
#include "federation/feature_shift.hpp"
#include "federation/held_out.hpp"

namespace brume::federation {

namespace {

// Collects components' errors, which know no places, at the places of the keys that named the components.
class Problems {
 public:
  explicit Problems(const configs::Document& document) : document_(document) {}
  template <class Make>
  void at(std::string_view path, Make make) {
    try {
      make();
    } catch (const CodecPlanError& error) {
      found_.push_back({document_.place_of(std::string(path) + "." + error.option()), error.what()});
    } catch (const RequestError& error) {
      found_.push_back({document_.place_of(path), error.what()});
    } catch (const FormatError& error) {
      found_.push_back({document_.place_of(path), error.what()});
    }
  }
  void add(std::vector<Diagnostic> more) { found_.insert(found_.end(), more.begin(), more.end()); }
  void throw_if_any() {
    if (!found_.empty()) throw ConfigurationError(std::move(found_));
  }

 private:
  const configs::Document& document_;
  std::vector<Diagnostic> found_;
};

TrainingPlan make_plan(const configs::TrainingSection& training) {
  LossFunction loss{LossFunction::Kind::squared, training.quantile};
  if (training.loss == "absolute") loss.kind = LossFunction::Kind::absolute;
  if (training.loss == "quantile") loss.kind = LossFunction::Kind::quantile;
  return {training.epochs,
          training.steps,
          training.batch_size,
          training.optimizer.component,
          training.schedule.component,
          loss,
          training.partial_work};
}

std::shared_ptr<const LocalProgram> make_program(const std::shared_ptr<const Algorithm>& algorithm) {
  if (algorithm->program()) return {algorithm, algorithm->program()};  // shares the algorithm's lifetime
  struct Owned {
    std::shared_ptr<const Algorithm> algorithm;  // owns the correction
    LocalSgd program;
  };
  auto owned = std::make_shared<Owned>(Owned{algorithm, LocalSgd(algorithm->correction())});
  return {owned, &owned->program};
}

DataRequest data_request(const configs::Document& document) {
  const auto& configuration = document.configuration;
  return {document.path.parent_path(), configuration.device_count(),
          static_cast<std::uint64_t>(configuration.federation.seed), configuration.data.partition.component};
}

}  // namespace

std::shared_ptr<const FederatedData> federation_data(const configs::Document& document) {
  const auto& configuration = document.configuration;
  if (configuration.data.partition) configuration.data.partition->open(document.path.parent_path());
  auto data = configuration.data.dataset->federate(data_request(document));
  if (!configuration.data.shift.any()) return data;
  return shift_features(std::move(data), configuration.data.shift,
                        static_cast<std::uint64_t>(configuration.federation.seed));
}

namespace {

// All but the data, and what follows from them.
Assembly begin_assembly(const configs::Document& document, Problems& problems) {
  const auto& configuration = document.configuration;
  Assembly assembly;
  assembly.seed = static_cast<std::uint64_t>(configuration.federation.seed);
  assembly.algorithm = configuration.algorithm.component;
  assembly.program = make_program(assembly.algorithm);
  assembly.selection = configuration.selection.component;
  assembly.plan = make_plan(configuration.training);
  problems.at("model", [&] {
    configuration.model->open(document.path.parent_path());
    assembly.model = configuration.model.component;
  });
  if (!configuration.start.empty()) assembly.start_file = document.path.parent_path() / configuration.start;
  const auto& spill = configuration.client_store.spill;
  if (!spill.empty()) assembly.spill_folder = document.path.parent_path() / spill;
  problems.at("uplink", [&] { assembly.uplink = compression::make_codec(configuration.uplink); });
  assembly.meets_deadline = configuration.uplink.meets_deadline();
  problems.at("downlink", [&] { assembly.downlink = compression::make_codec(configuration.downlink); });
  if (!configuration.downlink.changes.empty())
    problems.at("downlink.changes",
                [&] { assembly.changes = compression::make_codec(configuration.downlink.changes, false); });
  if (!configuration.fog_uplink_is_exact())
    problems.at("fog_uplink", [&] { assembly.fog_uplink = compression::make_codec(configuration.fog_uplink); });
  return assembly;
}

void add_data(const configs::Configuration& configuration, Assembly& assembly,
              std::shared_ptr<const FederatedData> data, Problems& problems) {
  const auto& evaluation = configuration.evaluation;
  if (evaluation.devices > 0) data = hold_out(std::move(data), evaluation.held_out, assembly.seed);
  if (assembly.algorithm->traits().pools_data) data = pool_all(std::move(data));
  assembly.data = std::move(data);
  if (assembly.model) problems.at("model", [&] { assembly.facts = assembly.model->facts(assembly.data->shape()); });
  if (assembly.facts.layout)
    problems.at("algorithm", [&] { assembly.algorithm->check(assembly.facts.layout, assembly.plan); });
}

}  // namespace

Assembly assemble_for_device(const configs::Document& document, std::shared_ptr<const FederatedData> data) {
  Problems problems(document);
  auto assembly = begin_assembly(document, problems);
  add_data(document.configuration, assembly, std::move(data), problems);
  problems.throw_if_any();
  return assembly;
}

Assembly assemble(const configs::Document& document) {
  const auto& configuration = document.configuration;
  Problems problems(document);
  auto assembly = begin_assembly(document, problems);
  problems.at("data", [&] { assembly.data = federation_data(document); });
  if (assembly.data) add_data(configuration, assembly, assembly.data, problems);
  problems.throw_if_any();
  for (std::size_t i = 0; i < configuration.devices.size(); ++i)
    problems.at(fmt::format("topology.devices.{}.profile", i), [&] {
      assembly.timings.push_back(
          timing_of(configuration.devices[i].profile, assembly.facts, assembly.plan, document.path.parent_path()));
    });
  problems.throw_if_any();
  problems.add(check_across_rooms(document, assembly));
  problems.throw_if_any();
  return assembly;
}

aggregator::Setup Assembly::aggregator_setup(const configs::Configuration& configuration,
                                             std::shared_ptr<const Population> population,
                                             NodeId::Role children) const {
  aggregator::Setup setup;
  setup.algorithm = algorithm;
  setup.selection = selection;
  setup.uplink = uplink;
  setup.fog_uplink = fog_uplink;
  setup.downlink = downlink;
  setup.history = make_history(compression::ModelHistory::Keeps::recent);
  setup.fresh_model = start_file.empty();
  setup.population = std::move(population);
  setup.children = children;
  setup.seed = seed;
  setup.rounds = static_cast<std::uint64_t>(configuration.federation.rounds);
  setup.evaluate_every = static_cast<std::uint64_t>(configuration.evaluation.every);
  if (configuration.deadline) setup.deadline = duration_from_seconds(*configuration.deadline);
  return setup;
}

std::shared_ptr<compression::ModelHistory> Assembly::make_history(compression::ModelHistory::Keeps keeps) const {
  if (!changes) return nullptr;
  return std::make_shared<compression::ModelHistory>(compression::ModelHistory::Codecs{downlink, changes}, facts.layout,
                                                     keeps);
}

fog_node::Setup Assembly::fog_setup(const Tree& tree, NodeId self, NodeId parent,
                                    std::shared_ptr<const Population> population) const {
  fog_node::Setup setup;
  setup.self = self;
  setup.parent = parent;
  setup.algorithm = algorithm;
  setup.selection = selection;
  setup.uplink = uplink;
  setup.fog_uplink = fog_uplink;
  setup.error_feedback = fog_uplink && fog_uplink->traits().contraction;
  setup.downlink = downlink;
  setup.history = make_history(compression::ModelHistory::Keeps::recent);
  setup.receiver = std::make_shared<client::ModelReceiver>(downlink, facts.layout, 1, setup.history);
  setup.population = std::move(population);
  setup.layout = facts.layout;
  setup.children = tree.children_role(self);
  setup.seed = seed;
  if (const auto& deadline = tree.tier_of(self).deadline) setup.deadline = duration_from_seconds(*deadline);
  return setup;
}

DeclaredSizes Assembly::payload_sizes(Version version) const {
  if (const auto declared = model->declared_sizes(version)) return *declared;
  DeclaredSizes sizes;
  sizes.model = downlink->worst_case_bytes(*facts.layout);
  for (const auto& vector : algorithm->broadcast(facts.layout))
    sizes.model += downlink->worst_case_bytes(*vector.layout);
  for (const auto& vector : algorithm->vectors(facts.layout)) {
    sizes.update += uplink->worst_case_bytes_of(version, *vector.layout);
    sizes.partial += fog_uplink ? fog_uplink->worst_case_bytes(*vector.layout) : 8 * vector.layout->size();
  }
  return sizes;
}

DeclaredSizes Assembly::wire_sizes(Version version) const {
  constexpr std::uint64_t kLengths = 8;  // of frames that are not empty, written as varints
  const auto empty = std::make_shared<const std::vector<std::byte>>();
  const TaskId task{version, data->device_count(), 0};
  UpdateMessage update{task, {}, {}, 1, 1, 1, Duration(1)};
  for (const auto& vector : algorithm->vectors(facts.layout)) update.vectors.push_back({vector.name, empty});
  auto sizes = payload_sizes(version);
  sizes.model += kLengths + wire_bytes(TaskMessage{task, Time{}, empty});
  sizes.update += kLengths + wire_bytes(update);
  sizes.partial += kLengths + wire_bytes(PartialMessage{task, true, {}, empty, {}});
  return sizes;
}

void Assembly::require_real_model(const std::string& file) const {
  if (is_stand_in()) throw RequestError(file + ": its model stands in for a larger one; it can only be simulated");
}

Parameters Assembly::initial_model() const {
  if (start_file.empty()) return model->initialise(data->shape(), seed);
  auto start = read_model_file(start_file);
  if (start.layout().digest() != facts.layout->digest())
    throw RequestError(
        fmt::format("{}: it has {} parameters in {} tensors, the federation's model {} in {}, or they "
                    "differ in names or shapes",
                    start_file.string(), start.layout().size(), start.layout().tensors().size(), facts.layout->size(),
                    facts.layout->tensors().size()));
  Parameters model_of_this(facts.layout);
  std::copy(start.values().begin(), start.values().end(), model_of_this.values().begin());
  return model_of_this;
}

TrainingSetup Assembly::training_setup(unsigned workers) const {
  return {model, data, algorithm, program, uplink, plan, seed, workers, nullptr};
}

}  // namespace brume::federation
