#include "configs/declared.hpp"

#include <fmt/format.h>

#include "configs/reader.hpp"
#include "configs/yaml.hpp"
#include "core/files.hpp"

namespace brume::configs {

void read_declared(const std::filesystem::path& path, const Options::Declare& declare) {
  std::vector<Diagnostic> problems;
  const Node root = parse_yaml(read_text_file(path, kMostYamlBytes), path.string(), problems);
  if (root.kind != Node::Kind::map)
    throw ConfigurationError({{root.place, fmt::format("must be a map of keys, not {}", root.kind_name())}});
  const Presets presets;
  Reader reader(root, "", presets, problems);
  declare(reader);
  reader.finish();
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
}

}  // namespace brume::configs
