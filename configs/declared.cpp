#include "configs/declared.hpp"

#include <fmt/format.h>

#include "configs/reader.hpp"
#include "configs/yaml.hpp"
#include "core/files.hpp"

namespace brume::configs {

namespace {

void read(const std::string& text, const std::string& name, const Options::Declare& declare, bool whole) {
  std::vector<Diagnostic> problems;
  const Node root = parse_yaml(text, name, problems);
  if (root.kind != Node::Kind::map)
    throw ConfigurationError({{root.place, fmt::format("must be a map of keys, not {}", root.kind_name())}});
  const Presets presets;
  Reader reader(root, "", presets, problems);
  declare(reader);
  if (whole) reader.finish();
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
}

}  // namespace

void read_declared(const std::filesystem::path& path, const Options::Declare& declare) {
  read(read_text_file(path, kMostYamlBytes), path.string(), declare, true);
}

void read_part(const std::string& text, const std::string& name, const Options::Declare& declare) {
  read(text, name, declare, false);
}

}  // namespace brume::configs
