#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "brume/registry.hpp"
#include "configs/presets.hpp"

namespace brume::configs {

/// The JSON Schema (draft 2020-12) of a declaration.
nlohmann::ordered_json json_schema(const std::function<void(Options&)>& declare, const Presets& presets);

/// The reference page of a configuration file, in Markdown, made from its schema.
std::string reference_page(const nlohmann::ordered_json& schema);

}  // namespace brume::configs
