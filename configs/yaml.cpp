#include "configs/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <unordered_map>

namespace brume::configs {

namespace {

// Builds the tree from the parser's events. yaml-cpp's own nodes are not used: they share aliased values, accept
// duplicate keys and forget marks.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& file) : file_(file) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(Node::Kind::null, mark), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw error(place(mark), "an alias stands inside the value that it names");
    count(size_of(found->second), place(mark));
    add(Node(found->second), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(Node::Kind::scalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    if (!node.quoted && (value == "~" || value == "null")) node.kind = Node::Kind::null;
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open_.push_back({make(Node::Kind::list, mark), anchor, {}, false, {}});
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open_.push_back({make(Node::Kind::map, mark), anchor, {}, false, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  Node take() { return std::move(root_); }
  std::vector<Diagnostic>& problems() { return problems_; }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    NodeEntry entry;  // of a map: the key that waits for its value
    bool has_key = false;
    std::unordered_map<std::string, int> lines;  // of a map: where each key stands
  };

  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  static ConfigurationError error(Place place, std::string message) {
    return ConfigurationError({{std::move(place), std::move(message)}});
  }

  Node make(Node::Kind kind, const YAML::Mark& mark) {
    count(1, place(mark));
    Node node;
    node.kind = kind;
    node.place = place(mark);
    return node;
  }

  void count(std::size_t nodes, const Place& where) {
    nodes_ += nodes;
    if (nodes_ > kMostYamlNodes) throw error(where, fmt::format("the file holds more than {} values", kMostYamlNodes));
  }

  static std::size_t size_of(const Node& node) {
    std::size_t nodes = 1;
    for (const auto& item : node.items) nodes += size_of(item);
    for (const auto& entry : node.entries) nodes += size_of(entry.value);
    return nodes;
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == Node::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else if (!open_.back().has_key) {
      begin_entry(open_.back(), std::move(node));
    } else {
      end_entry(open_.back(), std::move(node));
    }
  }

  static void begin_entry(Open& map, Node key) {
    if (key.kind != Node::Kind::scalar) throw error(key.place, "a key must be a single word");
    map.entry = {std::move(key.text), std::move(key.place), {}};
    map.has_key = true;
  }

  void end_entry(Open& map, Node value) {
    map.has_key = false;
    const auto [first, added] = map.lines.emplace(map.entry.key, map.entry.place.line);
    if (!added) {
      problems_.push_back({map.entry.place, fmt::format("key '{}' stands here a second time; it is first at line {}",
                                                        map.entry.key, first->second)});
      return;
    }
    map.entry.value = std::move(value);
    map.node.entries.push_back(std::move(map.entry));
  }

  std::string file_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::vector<Diagnostic> problems_;
  std::size_t nodes_ = 0;
  Node root_;
};

std::string line_of(std::string_view text, int line) {
  for (; line > 0; --line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  return std::string(text.substr(0, text.find('\n')));
}

// The parser's message, unless a tab at the start of the line explains it better.
std::string explain(const YAML::Exception& error, std::string_view text) {
  for (const int line : {error.mark.line, error.mark.line - 1}) {
    const auto content = line >= 0 ? line_of(text, line) : "";
    if (content.substr(0, content.find_first_not_of(" \t")).find('\t') != std::string::npos)
      return "a tab indents this line or the one before it; YAML allows spaces only";
  }
  return "this is not valid YAML: " + error.msg;
}

}  // namespace

Node parse_yaml(std::string_view text, const std::string& name, std::vector<Diagnostic>& problems) {
  if (text.size() > kMostYamlBytes)
    throw ConfigurationError({{{name}, fmt::format("the file is larger than {} bytes", kMostYamlBytes)}});
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(name);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) throw ConfigurationError({{{name}, "the file is empty"}});
    TreeBuilder second(name);
    if (parser.HandleNextDocument(second))
      throw ConfigurationError({{second.take().place, "a second YAML document begins here; a file holds one"}});
  } catch (const YAML::DeepRecursion&) {
    throw ConfigurationError({{{name}, "the file is nested too deeply"}});
  } catch (const YAML::Exception& error) {
    throw ConfigurationError({{{name, error.mark.line + 1, error.mark.column + 1}, explain(error, text)}});
  }
  problems.insert(problems.end(), builder.problems().begin(), builder.problems().end());
  return builder.take();
}

Node parse_yaml(std::string_view text, const std::string& name) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml(text, name, problems);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return root;
}

}  // namespace brume::configs
