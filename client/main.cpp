// brume-client: a device of a deployed federation.
#include "brume/error.hpp"
#include "configs/plugins.hpp"
#include "federation/builtin.hpp"
#include "net/client_process.hpp"
#include "net/enrolment.hpp"
#include "net/program.hpp"

namespace {

int run(const std::filesystem::path& config) {
  using namespace brume;
  net::ClientParts parts{federation::builtin_registry(), {}, federation::builtin_backend()};
  if (!parts.backend) throw RequestError("this build cannot train: it was made with -DBRUME_LEARNING=OFF");
  configs::load_plugins(config, {}, parts.registry, parts.presets);
  auto file = net::read_node_file(config, net::NodeFile::Role::client, parts.registry);
  net::enrol_if_needed(file);
  return net::ClientProcess(std::move(file), std::move(parts)).run();
}

}  // namespace

int main(int argc, char** argv) {
  return brume::net::run_program(argc, argv, "brume-client", "Brume's client: trains on the data of this device", run);
}
