#pragma once

#include <CLI/CLI.hpp>

#include "storage/history.hpp"

namespace brume::cli {

/// `brume state history`: the rounds of a state, and what became of each task.
void add_state_history(CLI::App& group);

}  // namespace brume::cli
