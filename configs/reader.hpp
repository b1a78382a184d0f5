#pragma once

#include <string>
#include <vector>

#include "brume/registry.hpp"
#include "configs/node.hpp"
#include "configs/presets.hpp"

namespace brume::configs {

/// Reads a declaration's values from a YAML map. Collects every problem instead of stopping at the first; fields of
/// wrong keys keep their defaults. Call finish() last: it reports the keys that nobody declared.
class Reader final : public Options {
 public:
  Reader(const Node& map, std::string name, const Presets& presets, std::vector<Diagnostic>& problems);

  void scalar(const Key& key, Scalar& value) override;
  void section(const Key& key, const Declare& declare, std::string_view shorthand) override;
  void preset(const Key& key, std::string_view kind, std::string& preset, const Declare& declare) override;
  void choice(const Key& key, Choice& choice) override;
  void inline_choice(const Key& key, Choice& choice) override;
  void choices(const Key& key, ChoiceList& list) override;
  void sections(const Key& key, const Sections& list) override;
  void texts(const Key& key, std::vector<std::string>& field) override;
  void finish();

 private:
  const Node* take(const Key& key);  // the key's node, or null after reporting a missing required one
  void report(const Place& place, std::string message);
  void read_section(const Node& node, const std::string& name, const Declare& declare, std::string_view shorthand);
  void read_choice(const Node& node, Choice& choice);
  bool choose(const Place& place, const std::string& name, Choice& choice);

  const Node& map_;
  std::string name_;  // for messages: "training", or "" for the whole file
  const Presets& presets_;
  std::vector<Diagnostic>& problems_;
  std::vector<std::string> known_;
  bool accept_unknown_ = false;
};

}  // namespace brume::configs
