// brume-fog: a fog node of a deployed federation. Links no LibTorch.
#include "configs/plugins.hpp"
#include "federation/builtin.hpp"
#include "net/enrolment.hpp"
#include "net/fog_process.hpp"
#include "net/program.hpp"

namespace {

int run(const std::filesystem::path& config) {
  using namespace brume;
  auto registry = federation::combining_registry();
  configs::Presets presets;
  configs::load_plugins(config, {}, registry, presets);
  auto file = net::read_node_file(config, net::NodeFile::Role::fog, {});
  net::enrol_if_needed(file);
  return net::FogProcess(std::move(file), std::move(registry)).run();
}

}  // namespace

int main(int argc, char** argv) {
  return brume::net::run_program(argc, argv, "brume-fog",
                                 "Brume's fog node: combines the updates of the devices near it", run);
}
