#include "configs/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/suggestion.hpp"

namespace brume::configs {

namespace {

constexpr std::size_t kMostReported = 100;  // unknown keys of one map: nobody reads more

}  // namespace

Reader::Reader(const Node& map, std::string name, const Presets& presets, std::vector<Diagnostic>& problems)
    : map_(map), name_(std::move(name)), presets_(presets), problems_(problems) {}

void Reader::report(const Place& place, std::string message) { problems_.push_back({place, std::move(message)}); }

const Node* Reader::take(const Key& key) {
  known_.emplace_back(key.name);
  const Node* node = map_.find(key.name);
  if (!node && key.required)
    report(map_.place, fmt::format("{} needs the key '{}': {}", name_.empty() ? "the file" : "'" + name_ + "'",
                                   key.name, key.about));
  if (node && node->kind == Node::Kind::null) {
    report(node->place, fmt::format("'{}' has no value", key.name));
    return nullptr;
  }
  return node;
}

void Reader::scalar(const Key& key, Scalar& value) {
  const Node* node = take(key);
  if (!node) return;
  if (node->kind != Node::Kind::scalar) {
    report(node->place, fmt::format("'{}' must be a single value, not {}", key.name, node->kind_name()));
    return;
  }
  const auto wrong = value.read(node->text, node->quoted);
  if (!wrong.empty()) report(node->place, fmt::format("'{}' {}", key.name, wrong));
}

void Reader::read_section(const Node& node, const std::string& name, const Declare& declare,
                          std::string_view shorthand) {
  if (node.kind != Node::Kind::map && !shorthand.empty()) {
    Node map;
    map.kind = Node::Kind::map;
    map.place = node.place;
    map.entries.push_back({std::string(shorthand), node.place, node});
    return read_section(map, name, declare, "");
  }
  if (node.kind != Node::Kind::map) {
    report(node.place, fmt::format("'{}' must be a map of keys, not {}", name, node.kind_name()));
    return;
  }
  Reader reader(node, name, presets_, problems_);
  declare(reader);
  reader.finish();
}

void Reader::section(const Key& key, const Declare& declare, std::string_view shorthand) {
  if (const Node* node = take(key)) return read_section(*node, std::string(key.name), declare, shorthand);
  if (map_.find(key.name) || key.required) return;
  Node empty;
  empty.kind = Node::Kind::map;
  empty.place = map_.place;
  Reader defaults(empty, std::string(key.name), presets_, problems_);  // reports required keys inside
  declare(defaults);
}

void Reader::preset(const Key& key, std::string_view kind, std::string& preset, const Declare& declare) {
  const Node* node = take(key);
  if (!node) return;
  preset.clear();
  if (const auto changed = presets_.with_changes(kind, *node)) {
    preset = node->entries.front().key;
    return read_section(*changed, std::string(key.name), declare, "");
  }
  if (node->kind != Node::Kind::scalar) return read_section(*node, std::string(key.name), declare, "");
  const Preset* found = presets_.find(kind, node->text);
  if (!found) {
    report(node->place,
           fmt::format("unknown {} preset '{}'; {}", kind, node->text, suggestion(node->text, presets_.names(kind))));
    return;
  }
  preset = found->name;
  read_section(found->options, std::string(key.name), declare, "");
}

bool Reader::choose(const Place& place, const std::string& name, Choice& choice) {
  if (choice.registry().find(choice.kind(), name)) {
    choice.choose(name);
    return true;
  }
  const auto known = choice.registry().names(choice.kind());
  report(place, known.empty()
                    ? fmt::format("unknown {} '{}'; this build has none (built without LibTorch?)", choice.kind(), name)
                    : fmt::format("unknown {} '{}'; {}", choice.kind(), name, suggestion(name, known)));
  return false;
}

void Reader::read_choice(const Node& node, Choice& choice) {
  if (node.kind == Node::Kind::scalar) {
    if (!choose(node.place, node.text, choice)) return;
    Node empty;
    empty.kind = Node::Kind::map;
    empty.place = node.place;
    return read_section(
        empty, node.text, [&](Options& options) { choice.component()->declare(options); }, "");
  }
  if (node.kind != Node::Kind::map || node.entries.size() != 1) {
    std::string names;
    for (const auto& entry : node.entries) names += (names.empty() ? "" : ", ") + entry.key;
    report(node.place, fmt::format("must name one {}, as a word or as {{name: {{its options}}}}{}", choice.kind(),
                                   names.empty() ? "" : ", not several: " + names));
    return;
  }
  const auto& entry = node.entries.front();
  if (!choose(entry.place, entry.key, choice)) return;
  Node options = entry.value;
  if (options.kind == Node::Kind::null) options.kind = Node::Kind::map;
  read_section(
      options, entry.key, [&](Options& visitor) { choice.component()->declare(visitor); },
      choice.component()->shorthand());
}

void Reader::choice(const Key& key, Choice& choice) {
  if (const Node* node = take(key)) return read_choice(*node, choice);
}

void Reader::inline_choice(const Key& key, Choice& choice) {
  const Node* node = take(key);
  if (!node) {
    accept_unknown_ = true;
    return;
  }
  if (node->kind != Node::Kind::scalar) {
    report(node->place, fmt::format("'{}' must be a name, not {}", key.name, node->kind_name()));
  } else if (choose(node->place, node->text, choice)) {
    choice.component()->declare(*this);
    return;
  }
  accept_unknown_ = true;  // which keys belong to an unknown component cannot be said
}

void Reader::choices(const Key& key, ChoiceList& list) {
  const Node* node = take(key);
  if (!node) return;
  if (node->kind == Node::Kind::scalar) {  // a name alone is a list of one
    list.resize(1);
    return list.visit(0, [&](Choice& choice) { read_choice(*node, choice); });
  }
  if (node->kind != Node::Kind::list) {
    report(node->place, fmt::format("'{}' must be a list of {}s, not {}", key.name, list.kind(), node->kind_name()));
    return;
  }
  list.resize(node->items.size());
  for (std::size_t i = 0; i < node->items.size(); ++i)
    list.visit(i, [&](Choice& choice) { read_choice(node->items[i], choice); });
}

void Reader::sections(const Key& key, const Sections& list) {
  const Node* node = take(key);
  if (!node) return;
  if (node->kind != Node::Kind::list) {
    report(node->place, fmt::format("'{}' must be a list of maps, not {}", key.name, node->kind_name()));
    return;
  }
  list.resize(node->items.size());
  for (std::size_t i = 0; i < node->items.size(); ++i)
    read_section(
        node->items[i], std::string(key.name), [&](Options& options) { list.declare_at(i, options); }, "");
}

void Reader::texts(const Key& key, std::vector<std::string>& field) {
  const Node* node = take(key);
  if (!node) return;
  if (node->kind != Node::Kind::list) {
    report(node->place, fmt::format("'{}' must be a list of words, not {}", key.name, node->kind_name()));
    return;
  }
  field.clear();
  for (const auto& item : node->items) {
    if (item.kind == Node::Kind::scalar) {
      field.push_back(item.text);
    } else {
      report(item.place, fmt::format("'{}' must hold single words, not {}", key.name, item.kind_name()));
    }
  }
}

void Reader::finish() {
  if (accept_unknown_) return;
  std::size_t unknown = 0;
  for (const auto& entry : map_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    if (++unknown > kMostReported) continue;
    report(entry.place, fmt::format("unknown key '{}'{}; {}", entry.key, name_.empty() ? "" : " in '" + name_ + "'",
                                    known_.empty() ? "it takes none" : suggestion(entry.key, known_)));
  }
  if (unknown > kMostReported) report(map_.place, fmt::format("and {} more unknown keys", unknown - kMostReported));
}

}  // namespace brume::configs
