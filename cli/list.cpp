#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "cli/plugin_option.hpp"

namespace brume::cli {

namespace {

struct Kind {
  const char* plural;
  const char* kind;
  bool preset;
};

constexpr std::array kKinds{Kind{"algorithms", "algorithm", false},
                            Kind{"codecs", "codec", false},
                            Kind{"models", "model", false},
                            Kind{"datasets", "dataset", false},
                            Kind{"partitions", "partition", false},
                            Kind{"selections", "selection", false},
                            Kind{"optimizers", "optimizer", false},
                            Kind{"schedules", "schedule", false},
                            Kind{"devices", "device", true},
                            Kind{"links", "link", true},
                            Kind{"cells", "cell", true}};

struct Row {
  std::string name;
  std::string about;
  std::string source;
};

std::string options_of(const configs::Node& node) {
  std::string text;
  for (const auto& entry : node.entries)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", entry.key,
                        entry.value.entries.empty() ? entry.value.text : "{" + options_of(entry.value) + "}");
  return text;
}

std::vector<Row> rows_of(const Kind& kind, const Context& context) {
  std::vector<Row> rows;
  if (kind.preset) {
    for (const auto& preset : context.presets.all(kind.kind))
      rows.push_back({preset.name, options_of(preset.options), preset.source});
    return rows;
  }
  for (const auto& name : context.registry.names(kind.kind)) {
    const auto* entry = context.registry.find(kind.kind, name);
    rows.push_back({name, entry->about, entry->source});
  }
  return rows;
}

void print(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.name.size());
  for (const auto& row : rows)
    fmt::print("{:<{}}  {}{}\n", row.name, width, row.about, row.source == "–" ? "" : "  [" + row.source + "]");
  if (rows.empty()) fmt::print("none in this build\n");
}

void print_json(const std::vector<Row>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const auto& row : rows) json.push_back({{"name", row.name}, {"about", row.about}, {"source", row.source}});
  fmt::print("{}\n", json.dump());
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("list", "List what can be named in a file, with a line and a source each");
  command->require_subcommand(1);
  for (const auto& kind : kKinds) {
    auto* one = command->add_subcommand(kind.plural, fmt::format("List {}", kind.plural));
    auto json = std::make_shared<bool>(false);
    one->add_flag("--json", *json, "Print one JSON document");
    const auto plugins = add_plugin_option(*one);
    one->callback([&context, kind, json, plugins] {
      load_plugins(*plugins, context);
      const auto rows = rows_of(kind, context);
      *json ? print_json(rows) : print(rows);
    });
  }
}

}  // namespace brume::cli
