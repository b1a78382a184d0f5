#include "configs/schema.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace brume::configs {

namespace {

using Json = nlohmann::ordered_json;

Json of_scalar(const ScalarSchema& scalar) {
  Json schema;
  switch (scalar.type) {
    case ScalarSchema::Type::boolean:
      schema["type"] = "boolean";
      break;
    case ScalarSchema::Type::integer:
      schema["type"] = "integer";
      break;
    case ScalarSchema::Type::number:
      schema["type"] = "number";
      break;
    case ScalarSchema::Type::text:
      schema["type"] = "string";
      break;
  }
  if (scalar.type == ScalarSchema::Type::integer || scalar.type == ScalarSchema::Type::number) {
    const auto& range = scalar.range;
    if (std::isfinite(range.least)) schema[range.above_least ? "exclusiveMinimum" : "minimum"] = range.least;
    if (std::isfinite(range.most)) schema["maximum"] = range.most;
  }
  if (!scalar.pattern.empty()) schema["pattern"] = scalar.pattern;
  if (!scalar.words.empty()) schema["enum"] = scalar.words;
  if (scalar.or_none) return {{"anyOf", {schema, {{"const", "none"}}}}};
  return schema;
}

class SchemaWriter final : public Options {
 public:
  explicit SchemaWriter(const Presets& presets) : presets_(presets) {}

  void scalar(const Key& key, Scalar& value) override {
    Json schema = of_scalar(value.schema());
    if (!key.required) schema["default"] = value.show();
    put(key, std::move(schema));
  }

  void section(const Key& key, const Declare& declare, std::string_view shorthand) override {
    Json map = object(declare);
    if (shorthand.empty()) return put(key, std::move(map));
    Json alone = map["properties"][std::string(shorthand)];
    put(key, {{"anyOf", {std::move(alone), std::move(map)}}});
  }

  void preset(const Key& key, std::string_view kind, std::string& /*preset*/, const Declare& declare) override {
    Json changed{{"type", "object"},
                 {"minProperties", 1},
                 {"maxProperties", 1},
                 {"propertyNames", {{"enum", presets_.names(kind)}}},
                 {"additionalProperties", {{"type", "object"}}}};
    put(key, {{"anyOf", {{{"enum", presets_.names(kind)}}, object(declare), std::move(changed)}}});
  }

  void choice(const Key& key, Choice& choice) override { put(key, of_choice(choice.kind(), choice.registry())); }

  void choices(const Key& key, ChoiceList& list) override {
    const Json item = of_choice(list.kind(), list.registry());
    Json words = Json::array();
    for (const auto& name : list.registry().names(list.kind())) words.push_back(name);
    put(key, {{"anyOf", {{{"type", "array"}, {"items", item}}, {{"enum", words}}}}});
  }

  void texts(const Key& key, std::vector<std::string>& /*field*/) override {
    put(key, {{"type", "array"}, {"items", {{"type", "string"}}}});
  }

  void sections(const Key& key, const Sections& list) override {
    list.resize(1);
    put(key, {{"type", "array"}, {"items", object([&](Options& options) { list.declare_at(0, options); })}});
  }

  // One alternative for each component: its own options stand beside the common ones.
  void inline_choice(const Key& key, Choice& choice) override {
    tag_ = key.name;
    for (const auto& name : choice.registry().names(choice.kind())) {
      auto component = choice.registry().make(choice.kind(), name);
      SchemaWriter writer(presets_);
      writer.put({key.name, key.about, true}, {{"const", name}});
      component->declare(writer);
      alternatives_.push_back(std::move(writer));
    }
  }

  Json schema() const {
    if (tag_.empty()) return whole(properties_, required_);
    Json any = Json::array();
    for (const auto& alternative : alternatives_) {
      Json properties = alternative.properties_;
      properties.update(properties_);
      auto required = alternative.required_;
      required.insert(required.end(), required_.begin(), required_.end());
      any.push_back(whole(properties, required));
    }
    return {{"oneOf", any}};
  }

 private:
  static Json whole(const Json& properties, const std::vector<std::string>& required) {
    Json schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = required;
    return schema;
  }

  Json object(const Declare& declare) const {
    SchemaWriter writer(presets_);
    declare(writer);
    return writer.schema();
  }

  Json of_choice(std::string_view kind, const Registry& registry) const {
    Json words = Json::array();
    Json alternatives = Json::array();
    for (const auto& name : registry.names(kind)) {
      auto component = registry.make(kind, name);
      Json options = object([&](Options& visitor) { component->declare(visitor); });
      options["description"] = registry.find(kind, name)->about;
      if (!options.contains("required")) words.push_back(name);
      if (const std::string shorthand(component->shorthand()); !shorthand.empty()) {
        const Json alone = options["properties"][shorthand];
        options = {{"oneOf", {alone, options}}};
      }
      Json properties;
      properties[name] = std::move(options);
      alternatives.push_back(whole(properties, {name}));
    }
    if (!words.empty()) alternatives.insert(alternatives.begin(), Json{{"enum", words}});
    return {{"oneOf", alternatives}};
  }

  void put(const Key& key, Json schema) {
    schema["description"] = key.about;
    properties_[std::string(key.name)] = std::move(schema);
    if (key.required) required_.emplace_back(key.name);
  }

  const Presets& presets_;
  Json properties_ = Json::object();
  std::vector<std::string> required_;
  std::string tag_;
  std::vector<SchemaWriter> alternatives_;
};

}  // namespace

nlohmann::ordered_json json_schema(const std::function<void(Options&)>& declare, const Presets& presets) {
  SchemaWriter writer(presets);
  declare(writer);
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Brume federation"}};
  schema.update(writer.schema());
  return schema;
}

}  // namespace brume::configs
