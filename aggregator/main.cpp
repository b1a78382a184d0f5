// brume-aggregator: the cloud of a deployed federation.
#include "brume/error.hpp"
#include "configs/plugins.hpp"
#include "federation/builtin.hpp"
#include "net/aggregator_node.hpp"
#include "net/program.hpp"
#include "sim/surrogate.hpp"

namespace {

using namespace brume;

net::AggregatorParts assemble(const std::filesystem::path& config, const std::filesystem::path& federation) {
  auto registry = federation::builtin_registry();
  sim::register_surrogate(registry);  // to be refused by what it is
  configs::Presets presets;
  for (const auto& file : {config, federation}) configs::load_plugins(file, {}, registry, presets);
  auto document = configs::read_document(federation, {}, registry, presets);
  auto assembly = federation::assemble(document);
  assembly.require_real_model(federation.string());
  if (assembly.algorithm->traits().pools_data)
    throw RequestError(federation.string() +
                       ": its algorithm needs everybody's examples in one place; it can only be simulated");
  std::shared_ptr<const LearningBackend> backend = federation::builtin_backend();
  if (!backend) throw RequestError("this build cannot evaluate models: it was made with -DBRUME_LEARNING=OFF");
  auto contract = federation::make_contract(document, registry, presets, assembly.facts.layout);
  return {std::move(registry), std::move(document.configuration), std::move(assembly), std::move(contract),
          std::move(backend)};
}

int run(const std::filesystem::path& config) {
  auto file = net::read_node_file(config, net::NodeFile::Role::aggregator, {});
  auto parts = assemble(config, file.federation);
  return net::AggregatorNode(std::move(file), std::move(parts)).run();
}

}  // namespace

int main(int argc, char** argv) {
  return net::run_program(argc, argv, "brume-aggregator", "Brume's aggregator: keeps the model of a federation", run);
}
