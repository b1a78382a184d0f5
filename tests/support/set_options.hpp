#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "brume/options.hpp"

namespace brume::testing {

/// Sets a component's options by name, as a configuration would.
class SetOptions final : public Options {
 public:
  explicit SetOptions(std::map<std::string, std::string> values, std::vector<std::string> words = {})
      : values_(std::move(values)), words_(std::move(words)) {}
  void scalar(const Key& key, Scalar& value) override {
    const auto found = values_.find(std::string(key.name));
    if (found != values_.end()) wrong += value.read(found->second, false);
  }
  void texts(const Key& key, std::vector<std::string>& field) override {
    const auto found = values_.find(std::string(key.name));
    if (!words_.empty()) field = words_;
    if (found != values_.end()) field = {found->second};
  }
  void section(const Key&, const Declare&, std::string_view) override {}
  void preset(const Key&, std::string_view, std::string&, const Declare&) override {}
  void choice(const Key&, Choice&) override {}
  void inline_choice(const Key&, Choice&) override {}
  void choices(const Key&, ChoiceList&) override {}
  void sections(const Key&, const Sections&) override {}
  std::string wrong;

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> words_;
};

}  // namespace brume::testing
