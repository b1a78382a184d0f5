#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "configs/document.hpp"

namespace brume::cli {

/// The arguments that every command about a federation file has.
struct DocumentOptions {
  std::string file;
  std::vector<std::string> set;
  std::uint64_t devices = 0;

  CLI::Option* add_to(CLI::App& command);  ///< returns FILE
  configs::Overrides overrides() const;
  configs::Document read(Context& context, const configs::Overrides& overrides) const;
};

}  // namespace brume::cli
