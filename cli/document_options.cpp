#include "cli/document_options.hpp"

#include "configs/plugins.hpp"

namespace brume::cli {

CLI::Option* DocumentOptions::add_to(CLI::App& command) {
  auto* name = command.add_option("FILE", file, "The federation file")->required();
  command.add_option("--set", set, "Change a value: --set federation.rounds=3, --set topology.devices.0.count=50")
      ->expected(1)
      ->take_all();
  command.add_option("--devices", devices, "Scale to so many devices; the cohort keeps its share")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  return name;
}

configs::Overrides DocumentOptions::overrides() const {
  configs::Overrides overrides{set, {}, {}};
  if (devices > 0) overrides.devices = devices;
  return overrides;
}

configs::Document DocumentOptions::read(Context& context, const configs::Overrides& overrides) const {
  configs::load_plugins(file, set, context.registry, context.presets);
  return configs::read_document(file, overrides, context.registry, context.presets);
}

}  // namespace brume::cli
