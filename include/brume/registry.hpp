#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brume/error.hpp"
#include "brume/options.hpp"

namespace brume {

/// One thing that a configuration can name.
struct RegistryEntry {
  std::string about;   ///< one line
  std::string source;  ///< the paper and equation, or "–"
  std::function<std::unique_ptr<Component>()> make;
  std::string plugin{};  ///< that it comes from; "" if it is built in
};

/// A shared object whose components are in a registry.
struct LoadedPlugin {
  std::string name;
  std::string version;
  std::filesystem::path path;
};

/// A named set of options that a configuration can use in place of a map: a device's profile, a link, a cell.
struct PresetText {
  std::string kind;  ///< "device", "link" or "cell"
  std::string name;
  std::string source;  ///< where its figures come from
  std::string yaml;    ///< the map that it stands for, "{up: 1 Mbit/s, down: 5 Mbit/s}"
  std::string plugin{};
};

/// What can be named in a configuration, by kind ("algorithm", "codec", …) and name. Passed in, never global; filled
/// once at start, then read from any thread.
class Registry {
 public:
  /// Registers `Concrete`, a component of kind Concrete::kKind. A name registered twice is a RequestError.
  template <class Concrete>
  void add(const std::string& name, const std::string& about, const std::string& source) {
    add(Concrete::kKind, name, {about, source, [] { return std::make_unique<Concrete>(); }});
  }
  void add(std::string_view kind, const std::string& name, const RegistryEntry& entry);
  void add(PresetText preset) { presets_.push_back(std::move(preset)); }
  /// Adds all that a plug-in has registered, or nothing: throws RequestError for a name that is taken, saying by whom.
  void add(const Registry& plugin, LoadedPlugin about);

  std::vector<std::string> names(std::string_view kind) const;  ///< in alphabetical order
  const std::vector<LoadedPlugin>& plugins() const { return plugins_; }
  const std::vector<PresetText>& presets() const { return presets_; }
  const RegistryEntry* find(std::string_view kind, std::string_view name) const;

  /// A fresh component with default options. Throws RequestError naming the known ones if there is no such name.
  std::unique_ptr<Component> make(std::string_view kind, std::string_view name) const;

 private:
  std::map<std::string, std::map<std::string, RegistryEntry, std::less<>>, std::less<>> kinds_;
  std::vector<PresetText> presets_;
  std::vector<LoadedPlugin> plugins_;
};

/// A component that a configuration chooses by name, seen without its type.
class Choice {
 public:
  virtual ~Choice() = default;
  virtual std::string_view kind() const = 0;
  virtual const Registry& registry() const = 0;
  virtual const std::string& name() const = 0;
  virtual Component* component() = 0;  ///< null while nothing is chosen
  virtual void choose(const std::string& name) = 0;
};

/// The chosen component of type T (T::kKind is its kind), shared by whoever uses the configuration.
template <class T>
struct Chosen {
  std::string name;
  std::shared_ptr<T> component;

  T* operator->() const { return component.get(); }
  T& operator*() const { return *component; }
  explicit operator bool() const { return component != nullptr; }

  static Chosen make(const Registry& registry, const std::string& name) {
    auto made = registry.make(T::kKind, name);
    auto* typed = dynamic_cast<T*>(made.get());
    if (!typed) throw RequestError("'" + name + "' is registered as a kind that it is not");
    (void)made.release();  // the shared pointer below owns it
    return {name, std::shared_ptr<T>(typed)};
  }
};

/// Binds a Chosen<T> to an Options declaration.
template <class T>
class ChoiceOf final : public Choice {
 public:
  ChoiceOf(Chosen<T>& chosen, const Registry& registry) : chosen_(chosen), registry_(registry) {}
  std::string_view kind() const override { return T::kKind; }
  const Registry& registry() const override { return registry_; }
  const std::string& name() const override { return chosen_.name; }
  Component* component() override { return chosen_.component.get(); }
  void choose(const std::string& name) override { chosen_ = Chosen<T>::make(registry_, name); }

 private:
  Chosen<T>& chosen_;
  const Registry& registry_;
};

/// A list of chosen components, seen without their type.
class ChoiceList {
 public:
  virtual ~ChoiceList() = default;
  virtual std::string_view kind() const = 0;
  virtual const Registry& registry() const = 0;
  virtual std::size_t size() const = 0;
  virtual void resize(std::size_t size) = 0;
  virtual void visit(std::size_t index, const std::function<void(Choice&)>& visitor) = 0;
};

template <class T>
class ChoiceListOf final : public ChoiceList {
 public:
  ChoiceListOf(std::vector<Chosen<T>>& chosen, const Registry& registry) : chosen_(chosen), registry_(registry) {}
  std::string_view kind() const override { return T::kKind; }
  const Registry& registry() const override { return registry_; }
  std::size_t size() const override { return chosen_.size(); }
  void resize(std::size_t size) override { chosen_.resize(size); }
  void visit(std::size_t index, const std::function<void(Choice&)>& visitor) override {
    ChoiceOf<T> choice(chosen_[index], registry_);
    visitor(choice);
  }

 private:
  std::vector<Chosen<T>>& chosen_;
  const Registry& registry_;
};

}  // namespace brume
