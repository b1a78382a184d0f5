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

configs::Configuration read_combining(const std::string& yaml) {
  const auto registry = combining_registry();
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
  auto resolved = configs::resolve(document, registry, presets);
  set(resolved, {"federation", "rounds"}, "1");
  set(resolved, {"federation", "target", "accuracy"}, "none");
  set(resolved, {"evaluation", "every"}, "1");
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

CombiningPart::CombiningPart(const Contract& contract)
    : configuration_(read_combining(contract.yaml)),
      layout_(contract.layout),
      tree_(configuration_.fog),
      uplink_(compression::make_codec(configuration_.uplink.chain, configuration_.uplink.error_feedback)),
      downlink_(compression::make_codec(configuration_.downlink, false)) {
  if (!configuration_.fog_uplink_is_exact()) fog_uplink_ = compression::make_codec(configuration_.fog_uplink, false);
}

fog_node::Setup CombiningPart::fog_setup(NodeId self, NodeId parent, std::uint64_t seed,
                                         std::shared_ptr<const Population> population) const {
  fog_node::Setup setup;
  setup.self = self;
  setup.parent = parent;
  setup.algorithm = configuration_.algorithm.component;
  setup.selection = configuration_.selection.component;
  setup.uplink = uplink_;
  setup.fog_uplink = fog_uplink_;
  setup.downlink = downlink_;
  setup.receiver = std::make_shared<client::ModelReceiver>(downlink_, layout_);
  setup.population = std::move(population);
  setup.layout = layout_;
  setup.children = tree_.children_role(self);
  setup.seed = seed;
  if (const auto& deadline = tree_.tier_of(self).deadline) setup.deadline = duration_from_seconds(*deadline);
  return setup;
}

// A model, the vectors beside it, a list of devices.
CombiningPart::Most CombiningPart::most_from_above() const {
  std::uint64_t frames = downlink_->worst_case_bytes(*layout_);
  for (const auto& vector : configuration_.algorithm->broadcast(layout_))
    frames += downlink_->worst_case_bytes(*vector.layout);
  const auto head = kMostHeadBytes + devices() * kNumberBytes;
  return {frames + head, head};
}

// Of a device an update; of a fog node sums of 64 bits, or every update, and receipts.
CombiningPart::Most CombiningPart::most_from(NodeId::Role below) const {
  const auto& algorithm = *configuration_.algorithm;
  const bool device = below == NodeId::Role::device;
  std::uint64_t frames = 0;
  for (const auto& vector : algorithm.vectors(layout_)) {
    frames += device ? uplink_->worst_case_bytes(*vector.layout) : kSumBytes * vector.layout->size();
    if (!device && algorithm.traits().keeps_updates) frames += devices() * (4 * vector.layout->size() + kKeptBytes);
  }
  const auto head = kMostHeadBytes + (device ? 0 : devices() * kReceiptBytes);
  return {frames + head, head};
}

}  // namespace brume::federation
