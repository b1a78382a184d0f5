#include "configs/resolved.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace brume::configs {

namespace {

// Visits a declaration after it was read, with the YAML that it was read from beside it (null where that had nothing).
class Resolver final : public Options {
 public:
  Resolver(Resolved& into, const Node* source, const Presets& presets, const std::filesystem::path& folder,
           std::string preset = "")
      : into_(into), source_(source), presets_(presets), folder_(folder), preset_(std::move(preset)) {}

  void scalar(const Key& key, Scalar& value) override {
    auto& child = add(Resolved::Kind::scalar, key.name, key.about);
    child.value = value.schema().is_path ? absolute(value.show()) : value.show();
    child.origin = origin(find(key.name));
  }

  void section(const Key& key, const Declare& declare, std::string_view shorthand) override {
    const Node* node = find(key.name);
    Node wrapped;
    if (node && node->kind != Node::Kind::map && !shorthand.empty()) {
      wrapped.kind = Node::Kind::map;
      wrapped.entries.push_back({std::string(shorthand), node->place, *node});
      node = &wrapped;
    }
    descend(add(Resolved::Kind::map, key.name, key.about), node, declare);
  }

  void preset(const Key& key, std::string_view kind, std::string& preset, const Declare& declare) override {
    auto& child = add(Resolved::Kind::map, key.name, key.about);
    const Node* node = find(key.name);
    const auto changed = node ? presets_.with_changes(kind, *node) : std::nullopt;
    if (changed || preset.empty()) return descend(child, changed ? &*changed : node, declare);
    Resolver inner(child, &presets_.find(kind, preset)->options, presets_, folder_, preset);
    declare(inner);
  }

  void choice(const Key& key, Choice& choice) override {
    if (!choice.component()) return;  // optional and left out
    resolve_choice(add(Resolved::Kind::map, key.name, key.about), find(key.name), choice);
  }

  void inline_choice(const Key& key, Choice& choice) override {
    auto& child = add(Resolved::Kind::scalar, key.name, key.about);
    child.value = choice.name();
    child.origin = origin(find(key.name));
    if (choice.component()) choice.component()->declare(*this);
  }

  void choices(const Key& key, ChoiceList& list) override {
    auto& child = add(Resolved::Kind::list, key.name, key.about);
    const Node* node = find(key.name);
    child.origin = origin(node);
    child.children.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      child.children.emplace_back();
      const Node* item = node && i < node->items.size() ? &node->items[i] : nullptr;
      if (node && node->kind == Node::Kind::scalar) item = node;
      list.visit(i, [&](Choice& choice) { resolve_choice(child.children.back(), item, choice); });
    }
  }

  void texts(const Key& key, std::vector<std::string>& field) override {
    auto& child = add(Resolved::Kind::list, key.name, key.about);
    child.origin = origin(find(key.name));
    for (auto& text : field) {
      child.children.emplace_back();
      child.children.back().kind = Resolved::Kind::scalar;
      child.children.back().value = yaml_scalar(text);
      child.children.back().origin = child.origin;
    }
  }

  void sections(const Key& key, const Sections& list) override {
    auto& child = add(Resolved::Kind::list, key.name, key.about);
    const Node* node = find(key.name);
    child.origin = origin(node);
    child.children.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      child.children.emplace_back();
      descend(child.children.back(), node && i < node->items.size() ? &node->items[i] : nullptr,
              [&](Options& options) { list.declare_at(i, options); });
    }
  }

 private:
  Resolved& add(Resolved::Kind kind, std::string_view key, std::string_view about) {
    Resolved child;
    child.kind = kind;
    child.key = key;
    child.about = about;
    into_.children.push_back(std::move(child));
    return into_.children.back();
  }

  // A path as shown is a YAML scalar, in single quotes unless it is a plain word; double quotes have control characters
  // and are left alone.
  std::string absolute(const std::string& shown) const {
    if (shown.empty() || shown.front() == '"') return shown;
    std::string path = shown;
    if (shown.front() == '\'') {
      path.clear();
      for (std::size_t i = 1; i + 1 < shown.size(); ++i) {
        path += shown[i];
        if (shown[i] == '\'') ++i;  // doubled
      }
    }
    if (path.empty()) return shown;
    return yaml_scalar(std::filesystem::absolute(folder_ / path).lexically_normal().string());
  }

  const Node* find(std::string_view key) const {
    return source_ && source_->kind == Node::Kind::map ? source_->find(key) : nullptr;
  }

  std::string origin(const Node* node) const {
    if (!node) return "default";
    return preset_.empty() ? node->place.text() : "preset " + preset_;
  }

  void descend(Resolved& child, const Node* node, const Declare& declare) {
    Resolver inner(child, node, presets_, folder_, preset_);
    declare(inner);
  }

  void resolve_choice(Resolved& child, const Node* node, Choice& choice) {
    child.children.emplace_back();
    auto& named = child.children.back();
    named.key = choice.name();
    named.origin = origin(node);
    const Node* options = node && node->kind == Node::Kind::map ? node->find(choice.name()) : nullptr;
    descend(named, options, [&](Options& visitor) { choice.component()->declare(visitor); });
  }

  Resolved& into_;
  const Node* source_;
  const Presets& presets_;
  const std::filesystem::path& folder_;
  std::string preset_;
};

void print_yaml(const Resolved& node, int depth, std::string& out) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  for (const auto& child : node.children) {
    const std::string head = node.kind == Resolved::Kind::list ? "-" : child.key + ":";
    if (child.kind == Resolved::Kind::scalar) {
      out += fmt::format("{}{} {}\n", indent, head, child.value);
    } else if (child.children.empty()) {
      out += fmt::format("{}{} {}\n", indent, head, child.kind == Resolved::Kind::list ? "[]" : "{}");
    } else {
      out += fmt::format("{}{}\n", indent, head);
      print_yaml(child, depth + 1, out);
    }
  }
}

struct Line {
  std::string path, value, origin;
};

void flatten(const Resolved& node, const std::string& prefix, std::vector<Line>& lines) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const auto& child = node.children[i];
    const std::string name = node.kind == Resolved::Kind::list ? std::to_string(i) : child.key;
    const std::string path = prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
    if (child.kind == Resolved::Kind::scalar) {
      lines.push_back({path, child.value, child.origin});
    } else if (child.children.empty()) {
      lines.push_back({path, child.kind == Resolved::Kind::list ? "[]" : "{}", child.origin});
    } else {
      flatten(child, path, lines);
    }
  }
}

}  // namespace

Resolved resolve(const std::function<void(Options&)>& declare, const Node& source, const Presets& presets,
                 const std::filesystem::path& folder) {
  Resolved root;
  Resolver resolver(root, &source, presets, folder);
  declare(resolver);
  return root;
}

std::string to_yaml(const Resolved& root) {
  std::string out;
  print_yaml(root, 0, out);
  return out;
}

std::string to_explanation(const Resolved& root) {
  std::vector<Line> lines;
  flatten(root, "", lines);
  std::size_t path_width = 0;
  std::size_t value_width = 0;
  for (const auto& line : lines) {
    path_width = std::max(path_width, line.path.size());
    value_width = std::max(value_width, line.value.size());
  }
  std::string out;
  for (const auto& line : lines)
    out += fmt::format("{:<{}}  {:<{}}  # {}\n", line.path, path_width, line.value, value_width, line.origin);
  return out;
}

}  // namespace brume::configs
