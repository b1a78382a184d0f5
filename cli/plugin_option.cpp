#include "cli/plugin_option.hpp"

#include "configs/plugins.hpp"

namespace brume::cli {

std::shared_ptr<const std::vector<std::string>> add_plugin_option(CLI::App& command) {
  auto files = std::make_shared<std::vector<std::string>>();
  command.add_option("--plugin", *files, "A shared object whose components count too")->expected(1)->take_all();
  return files;
}

void load_plugins(const std::vector<std::string>& files, Context& context) {
  for (const auto& file : files) configs::load_plugin(file, context.registry, context.presets);
}

}  // namespace brume::cli
