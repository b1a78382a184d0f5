#pragma once

#include "cli/context.hpp"

namespace brume::cli {

/// `brume codec plot`, below `codec`.
void add_codec_plot(CLI::App& codec, Context& context);

}  // namespace brume::cli
