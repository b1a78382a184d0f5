#pragma once

#include <vector>

#include "configs/document.hpp"
#include "federation/assembly.hpp"

namespace brume::federation {

/// What no room can judge alone: codec against algorithm against topology.
std::vector<Diagnostic> check_across_rooms(const configs::Document& document, const Assembly& assembly);

/// What devices and links cannot do: too little memory, a payload that no deadline lets through, energy without powers,
/// cells that cannot be shared as they say.
std::vector<Diagnostic> check_physics(const configs::Document& document, const Assembly& assembly);

}  // namespace brume::federation
