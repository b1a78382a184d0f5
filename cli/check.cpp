#include <fmt/format.h>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "cli/document_options.hpp"
#include "federation/assembly.hpp"
#include "federation/estimate.hpp"

namespace brume::cli {

void add_check(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("check", "Validate a file and estimate what running it takes");
  auto options = std::make_shared<DocumentOptions>();
  options->add_to(*command);
  command->callback([options, &context] {
    const auto document = options->read(context, options->overrides());
    const auto assembly = federation::assemble(document);
    fmt::print("{} is valid.\n\n{}", options->file,
               federation::to_text(federation::estimate(document, assembly), document.configuration.federation.rounds));
  });
}

void add_explain(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("explain", "Print every value of a file and where it comes from");
  auto options = std::make_shared<DocumentOptions>();
  options->add_to(*command);
  command->callback([options, &context] {
    auto document = options->read(context, options->overrides());
    fmt::print("{}", configs::to_explanation(configs::resolve(document, context.registry, context.presets)));
    std::fflush(stdout);
    try {
      const auto assembly = federation::assemble(document);
      const auto estimate = federation::estimate(document, assembly);
      fmt::print("\n{}", federation::to_text(estimate, document.configuration.federation.rounds));
    } catch (const ConfigurationError& error) {  // its values are explained all the same
      fmt::print(stderr, "\nThis file cannot be run as it is:\n{}\n", error.what());
    }
  });
}

}  // namespace brume::cli
