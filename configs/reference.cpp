#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "configs/schema.hpp"

namespace brume::configs {

namespace {

using Json = nlohmann::ordered_json;

std::string number(const Json& value) { return fmt::format("{}", value.get<double>()); }

// A pattern's alternatives; a bar would end a cell of the table.
std::string with_commas(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, ", ");
  return text;
}

// "whole number, 1 … 16", "duration or none", …
std::string type_of(const Json& schema) {
  if (schema.contains("const")) return "`" + schema["const"].get<std::string>() + "`";
  if (schema.contains("enum")) {
    std::string words;
    for (const auto& word : schema["enum"]) words += (words.empty() ? "`" : ", `") + word.get<std::string>() + "`";
    return words;
  }
  const std::string type = schema.value("type", "");
  if (type == "array") return "list";
  if (type == "object") return "map";
  if (type == "boolean") return "`true` or `false`";
  if (type == "string") {
    const std::string pattern = schema.value("pattern", "");
    const auto units = pattern.rfind('(');
    return pattern.empty() ? "text"
                           : "quantity in " + with_commas(pattern.substr(units + 1, pattern.size() - units - 3));
  }
  std::string text = type == "integer" ? "whole number" : "number";
  if (schema.contains("minimum")) text += ", ≥ " + number(schema["minimum"]);
  if (schema.contains("exclusiveMinimum")) text += ", > " + number(schema["exclusiveMinimum"]);
  if (schema.contains("maximum")) text += ", ≤ " + number(schema["maximum"]);
  return text;
}

void describe(const Json& schema, const std::string& path, std::string& out);

void describe_alternatives(const Json& alternatives, const std::string& path, std::string& out) {
  for (const auto& alternative : alternatives) {
    const std::string type = alternative.value("type", "");
    if (type != "object" && type != "array") continue;
    const bool tagged = alternative.contains("properties") && alternative["properties"].contains("name") &&
                        alternative["properties"]["name"].contains("const");
    const auto tag = tagged ? "[" + alternative["properties"]["name"]["const"].get<std::string>() + "]" : std::string();
    describe(alternative, path + tag, out);
  }
}

std::string type_with_alternatives(const Json& schema) {
  for (const auto* key : {"anyOf", "oneOf"}) {
    if (!schema.contains(key)) continue;
    std::string types;
    for (const auto& alternative : schema[key]) {
      const auto type = type_of(alternative);
      if (types.find(type) == std::string::npos) types += (types.empty() ? "" : " or ") + type;
    }
    return types;
  }
  return type_of(schema);
}

void describe(const Json& schema, const std::string& path, std::string& out) {
  if (schema.contains("items")) return describe(schema["items"], path + "[]", out);
  for (const auto* key : {"anyOf", "oneOf"})
    if (schema.contains(key)) describe_alternatives(schema[key], path, out);
  if (!schema.contains("properties")) return;
  for (const auto& [name, property] : schema["properties"].items()) {
    const std::string full = path.empty() ? name : fmt::format("{}.{}", path, name);
    const std::string fallback =
        property.contains("default") ? "`" + property["default"].get<std::string>() + "`" : "–";
    const std::string row = fmt::format("| `{}` | {} | {} | {} |\n", full, type_with_alternatives(property), fallback,
                                        property.value("description", ""));
    if (out.find(row) == std::string::npos) out += row;
    describe(property, full, out);
  }
}

}  // namespace

std::string reference_page(const nlohmann::ordered_json& schema) {
  std::string out =
      "# Configuration reference\n\nMade by `brume schema --markdown` from the declarations that the reader itself "
      "uses; a test holds this page equal to them.\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
  describe(schema, "", out);
  return out;
}

}  // namespace brume::configs
