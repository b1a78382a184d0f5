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
  using Lists = std::map<std::string, std::vector<std::string>>;

  explicit SetOptions(std::map<std::string, std::string> values, Lists lists = {})
      : values_(std::move(values)), lists_(std::move(lists)) {}
  void scalar(const Key& key, Scalar& value) override {
    const auto found = values_.find(prefix_ + std::string(key.name));
    if (found != values_.end()) wrong += value.read(found->second, false);
  }
  void texts(const Key& key, std::vector<std::string>& field) override {
    const auto list = lists_.find(prefix_ + std::string(key.name));
    if (list != lists_.end()) field = list->second;
    const auto found = values_.find(prefix_ + std::string(key.name));
    if (found != values_.end()) field = {found->second};
  }
  /// Keys inside are named "section.key".
  void section(const Key& key, const Declare& declare, std::string_view) override {
    const auto outer = prefix_;
    prefix_ += std::string(key.name) + ".";
    declare(*this);
    prefix_ = outer;
  }
  void preset(const Key&, std::string_view, std::string&, const Declare&) override {}
  void choice(const Key&, Choice&) override {}
  void inline_choice(const Key&, Choice&) override {}
  void choices(const Key&, ChoiceList&) override {}
  void sections(const Key&, const Sections&) override {}
  std::string wrong;

 private:
  std::map<std::string, std::string> values_;
  Lists lists_;
  std::string prefix_;
};

}  // namespace brume::testing
