#pragma once

#include <vector>

#include "configs/document.hpp"
#include "federation/assembly.hpp"

namespace brume::federation {

/// What no room can judge alone: codec against algorithm against topology.
std::vector<Diagnostic> check_across_rooms(const configs::Document& document, const Assembly& assembly);

}  // namespace brume::federation
