#include "configs/document.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "configs/overrides.hpp"
#include "configs/plugins.hpp"
#include "configs/reader.hpp"
#include "configs/scale.hpp"
#include "configs/yaml.hpp"
#include "core/files.hpp"

namespace brume::configs {

namespace {

// What single keys cannot say of themselves.
void check_whole(const Document& document, std::vector<Diagnostic>& problems) {
  const auto& configuration = document.configuration;
  const auto report = [&](std::string_view path, std::string message) {
    problems.push_back({document.place_of(path), std::move(message)});
  };
  if (configuration.devices.empty()) {
    if (find_path(document.root, "topology.devices"))
      report("topology.devices", "a federation needs at least one group of devices");
    return;
  }
  for (std::size_t i = 0; i < configuration.plugins.size(); ++i)
    for (const auto& role : configuration.plugins[i].in)
      if (role != "aggregator" && role != "fog" && role != "client")
        report(fmt::format("plugins.{}.in", i),
               fmt::format("'{}' is no role; there are aggregator, fog, client", role));
  for (const auto& group : configuration.devices)
    if (group.count < 1) return;  // reported where it stands
  std::set<std::string> names;
  for (std::size_t i = 0; i < configuration.devices.size(); ++i)
    if (!names.insert(configuration.devices[i].name).second)
      report(fmt::format("topology.devices.{}.name", i),
             fmt::format("two groups of devices are named '{}'", configuration.devices[i].name));
  const auto devices = configuration.device_count();
  if (configuration.selection && configuration.selection->cohort() > devices)
    report("selection." + configuration.selection.name + ".cohort",
           fmt::format("a cohort of {} is more than the {} devices there are", configuration.selection->cohort(),
                       devices));
  if (configuration.training.steps > 0 && configuration.training.epochs != 1)  // 1 stands in every resolved file
    report("training.steps", "give either epochs or steps, not both");
}

void read(Document& document, const Registry& registry, const Presets& presets, std::vector<Diagnostic>& problems) {
  document.configuration = Configuration(registry);
  Reader reader(document.root, "", presets, problems);
  document.configuration.declare(reader, registry);
  reader.finish();
  document.configuration.name_groups();
  name_plugins(document.configuration.plugins, document.path.parent_path(), registry);
  check_whole(document, problems);
}

Document parse(const std::filesystem::path& path, std::string text, const std::string& name, const Overrides& overrides,
               const Registry& registry, const Presets& presets) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml(text, name, problems);
  if (root.kind != Node::Kind::map)
    throw ConfigurationError(
        {{root.place, fmt::format("a federation file is a map of keys, not {}", root.kind_name())}});
  for (const auto& assignment : overrides.set) apply_override(root, assignment);
  if (overrides.seed) {
    const auto seed = std::to_string(*overrides.seed);
    set_value(root, "federation.seed", seed, "--seed " + seed);
  }
  Document document{path, std::move(text), std::move(root), Configuration(registry)};
  read(document, registry, presets, problems);
  if (problems.empty() && overrides.devices) {
    scale_to(document.root, document.configuration, *overrides.devices);
    read(document, registry, presets, problems);
  }
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return document;
}

}  // namespace

Document read_document(const std::filesystem::path& path, const Overrides& overrides, const Registry& registry,
                       const Presets& presets) {
  return parse(path, read_text_file(path, kMostYamlBytes), path.string(), overrides, registry, presets);
}

Document read_document_text(std::string text, const std::string& name, const Overrides& overrides,
                            const Registry& registry, const Presets& presets) {
  return parse({}, std::move(text), name, overrides, registry, presets);
}

Resolved resolve(Document& document, const Registry& registry, const Presets& presets) {
  return resolve([&](Options& options) { document.configuration.declare(options, registry); }, document.root, presets,
                 document.path.parent_path());
}

}  // namespace brume::configs
