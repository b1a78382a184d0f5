#include "federation/contract.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "compression/make_codec.hpp"
#include "configs/declared.hpp"
#include "core/sha256.hpp"

namespace brume::federation {

namespace {

constexpr std::size_t kMostDifferences = 5;
constexpr std::uint64_t kReceiptBytes = 27;
constexpr std::uint64_t kNumberBytes = 10;
constexpr std::uint64_t kMostHeadBytes = 64 << 10;  // names, problems
constexpr std::uint64_t kSumBytes = 10;             // an element of 64 bits, packed at worst
constexpr std::uint64_t kKeptBytes = 256;           // around an update that is kept

void set(configs::Resolved& root, const std::vector<std::string>& path, const std::string& value) {
  auto* node = &root;
  for (const auto& key : path) {
    const auto found = std::find_if(node->children.begin(), node->children.end(),
                                    [&](const configs::Resolved& child) { return child.key == key; });
    if (found == node->children.end()) return;
    node = &*found;
  }
  node->value = value;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(const std::string& line) {
  const auto start = line.find_first_not_of(" -");
  return start == std::string::npos ? "" : line.substr(start);
}

configs::Configuration read_combining(const std::string& yaml, const Registry& registry) {
  configs::Configuration configuration(registry);
  configs::read_part(yaml, "the aggregator's contract",
                     [&](Options& options) { configuration.declare_combining(options, registry); });
  return configuration;
}

}  // namespace

Digest Contract::digest() const {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(yaml)));
  hash.update(std::as_bytes(std::span(layout->digest())));
  hash.update(std::as_bytes(std::span(id)));
  return hash.finish();
}

Contract make_contract(configs::Document& document, const Registry& registry, const configs::Presets& presets,
                       LayoutPointer layout) {
  const auto plugins = document.configuration.plugins;
  for (auto& plugin : document.configuration.plugins) plugin.path.clear();  // each node has its own
  auto resolved = configs::resolve(document, registry, presets);
  document.configuration.plugins = plugins;
  set(resolved, {"federation", "rounds"}, "1");
  for (const auto* metric : {"accuracy", "auc", "loss", "rmse"})
    set(resolved, {"federation", "target", metric}, "none");
  set(resolved, {"evaluation", "every"}, "1");
  set(resolved, {"start", "file"}, "''");
  return {configs::to_yaml(resolved), std::move(layout), {}};
}

std::string difference(const std::string& before, const std::string& after) {
  const auto old_lines = lines_of(before);
  const auto new_lines = lines_of(after);
  std::string text;
  std::size_t found = 0;
  for (std::size_t i = 0; i < std::max(old_lines.size(), new_lines.size()); ++i) {
    const auto was = i < old_lines.size() ? trimmed(old_lines[i]) : "nothing";
    const auto is = i < new_lines.size() ? trimmed(new_lines[i]) : "nothing";
    if (was == is || ++found > kMostDifferences) continue;
    text += fmt::format("{}'{}' was '{}'", text.empty() ? "" : ", ", is, was);
  }
  return found > kMostDifferences ? text + ", …" : text;
}

std::string what_changed(const Contract& before, const Contract& after) {
  const auto lines = difference(before.yaml, after.yaml);
  return fmt::format("the aggregator's federation {}. Begin with a new state folder",
                     lines.empty() ? "has begun anew" : "has changed: " + lines);
}

CombiningPart::CombiningPart(const Contract& contract, const Registry& registry)
    : configuration_(read_combining(contract.yaml, registry)), tree_(configuration_.fog) {
  assembly_.algorithm = configuration_.algorithm.component;
  assembly_.selection = configuration_.selection.component;
  assembly_.uplink = compression::make_codec(configuration_.uplink);
  assembly_.downlink = compression::make_codec(configuration_.downlink);
  if (!configuration_.downlink.changes.empty())
    assembly_.changes = compression::make_codec(configuration_.downlink.changes, false);
  if (!configuration_.fog_uplink_is_exact()) assembly_.fog_uplink = compression::make_codec(configuration_.fog_uplink);
  assembly_.facts.layout = contract.layout;
}

fog_node::Setup CombiningPart::fog_setup(NodeId self, NodeId parent, std::uint64_t seed,
                                         std::shared_ptr<const Population> population) const {
  auto setup = assembly_.fog_setup(tree_, self, parent, std::move(population));
  setup.seed = seed;
  return setup;
}

// A model, the vectors beside it, a list of devices.
MessageLimits CombiningPart::most_from_above() const {
  const auto history = assembly_.make_history(compression::ModelHistory::Keeps::newest);
  std::uint64_t frames = history ? history->worst_case_bytes() : assembly_.downlink->worst_case_bytes(*layout());
  for (const auto& vector : assembly_.algorithm->broadcast(layout()))
    frames += assembly_.downlink->worst_case_bytes(*vector.layout);
  const auto head = kMostHeadBytes + devices() * kNumberBytes;
  return {frames + head, head};
}

// Of a device an update; of a fog node sums of 64 bits, or every update, and receipts.
MessageLimits CombiningPart::most_from(NodeId::Role below) const {
  const auto& algorithm = *assembly_.algorithm;
  const bool device = below == NodeId::Role::device;
  std::uint64_t frames = 0;
  for (const auto& vector : algorithm.vectors(layout())) {
    frames += device ? assembly_.uplink->worst_case_bytes(*vector.layout) : kSumBytes * vector.layout->size();
    if (!device && algorithm.traits().keeps_updates) frames += devices() * (4 * vector.layout->size() + kKeptBytes);
  }
  const auto head = kMostHeadBytes + (device ? 0 : devices() * kReceiptBytes);
  return {frames + head, head};
}

}  // namespace brume::federation
