// brume-fog: a fog node of a deployed federation. Links no LibTorch.
#include "net/enrolment.hpp"
#include "net/fog_process.hpp"
#include "net/program.hpp"

int main(int argc, char** argv) {
  using namespace brume::net;
  return run_program(argc, argv, "brume-fog", "Brume's fog node: combines the updates of the devices near it",
                     [](const std::filesystem::path& config) {
                       auto file = read_node_file(config, NodeFile::Role::fog, {});
                       enrol_if_needed(file);
                       return FogProcess(std::move(file)).run();
                     });
}
