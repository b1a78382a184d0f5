#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/plugin_option.hpp"
#include "configs/configuration.hpp"
#include "configs/schema.hpp"

namespace brume::cli {

void add_schema(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("schema", "Print the JSON Schema of a federation file");
  auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "Print the reference page instead");
  const auto plugins = add_plugin_option(*command);
  command->callback([markdown, plugins, &context] {
    load_plugins(*plugins, context);
    configs::Configuration configuration(context.registry);
    const auto schema = configs::json_schema(
        [&](Options& options) { configuration.declare(options, context.registry); }, context.presets);
    fmt::print("{}", *markdown ? configs::reference_page(schema) : schema.dump(2) + "\n");
  });
}

}  // namespace brume::cli
