#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "brume/registry.hpp"
#include "brume/training.hpp"
#include "configs/presets.hpp"

namespace brume::cli {

/// What every command works with.
struct Context {
  Registry registry;
  configs::Presets presets;
  std::unique_ptr<LearningBackend> backend;  ///< null in a build without LibTorch
  int exit_code = 0;                         ///< set by a command that ran but did not succeed
};

// Each adds its subcommand, whose callback does the work.
void add_simulate(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_schema(CLI::App& app, Context& context);
void add_list(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_up(CLI::App& app, Context& context);
void add_control(CLI::App& app, Context& context);  ///< status, stop, drain
void add_state(CLI::App& app, Context& context);    ///< models, history, backup of a deployed node
void add_model(CLI::App& app, Context& context);    ///< init, inspect
void add_codec(CLI::App& app, Context& context);    ///< bench
void add_data(CLI::App& app, Context& context);     ///< inspect
void add_pki(CLI::App& app, Context& context);

}  // namespace brume::cli
