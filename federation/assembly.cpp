#include "federation/assembly.hpp"

#include <functional>

#include "algorithms/local_sgd.hpp"
#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "federation/checks.hpp"

namespace brume::federation {

namespace {

// Gives a component's error, which knows no places, the place of the key that named the component.
template <class Make>
auto at_place(const configs::Document& document, std::string_view path, Make make) {
  try {
    return make();
  } catch (const ConfigurationError&) {
    throw;
  } catch (const RequestError& error) {
    throw ConfigurationError({{document.place_of(path), error.what()}});
  }
}

TrainingPlan make_plan(const configs::TrainingSection& training) {
  return {training.epochs, training.steps, training.batch_size, training.optimizer.component};
}

std::shared_ptr<const LocalProgram> make_program(const std::shared_ptr<const Algorithm>& algorithm) {
  if (algorithm->program()) return {algorithm, algorithm->program()};  // shares the algorithm's lifetime
  struct Owned {
    std::shared_ptr<const Algorithm> algorithm;  // owns the correction
    algorithms::LocalSgd program;
  };
  auto owned = std::make_shared<Owned>(Owned{algorithm, algorithms::LocalSgd(algorithm->correction())});
  return {owned, &owned->program};
}

DataRequest data_request(const configs::Document& document) {
  const auto& configuration = document.configuration;
  return {document.path.parent_path(), configuration.device_count(),
          static_cast<std::uint64_t>(configuration.federation.seed), configuration.data.partition.component};
}

}  // namespace

Assembly assemble(const configs::Document& document) {
  const auto& configuration = document.configuration;
  Assembly assembly;
  assembly.seed = static_cast<std::uint64_t>(configuration.federation.seed);
  assembly.model = configuration.model.component;
  assembly.algorithm = configuration.algorithm.component;
  assembly.program = make_program(assembly.algorithm);
  assembly.selection = configuration.selection.component;
  assembly.plan = make_plan(configuration.training);
  assembly.uplink = at_place(document, "uplink", [&] { return compression::make_codec(configuration.uplink); });
  assembly.downlink = at_place(document, "downlink", [&] { return compression::make_codec(configuration.downlink); });
  assembly.data =
      at_place(document, "data", [&] { return configuration.data.dataset->federate(data_request(document)); });
  assembly.facts = at_place(document, "model", [&] { return assembly.model->facts(assembly.data->shape()); });
  auto problems = check_across_rooms(document, assembly);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return assembly;
}

aggregator::Setup Assembly::aggregator_setup(const configs::Configuration& configuration,
                                             std::shared_ptr<const Population> population) const {
  aggregator::Setup setup;
  setup.algorithm = algorithm;
  setup.selection = selection;
  setup.uplink = uplink;
  setup.downlink = downlink;
  setup.population = std::move(population);
  setup.seed = seed;
  setup.rounds = static_cast<std::uint64_t>(configuration.federation.rounds);
  setup.evaluate_every = static_cast<std::uint64_t>(configuration.evaluate_every);
  if (configuration.deadline) setup.deadline = duration_from_seconds(*configuration.deadline);
  return setup;
}

TrainingSetup Assembly::training_setup(unsigned workers) const {
  return {model, data, algorithm, program, uplink, plan, seed, workers, nullptr};
}

}  // namespace brume::federation
