#pragma once

#include "brume/registry.hpp"

namespace brume::compression {

/// Registers every stage of this folder.
void register_codecs(Registry& registry);

}  // namespace brume::compression
