#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brume/units.hpp"

namespace brume {

class Choice;
class ChoiceList;

/// The name of a configuration key and one line about it, shown by `explain`, the JSON Schema and the reference page.
struct Key {
  std::string_view name;
  std::string_view about;
  bool required = false;  ///< without a default: a file that lacks it is wrong
};

/// Which values a number may have; the default allows all finite ones.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool above_least = false;  ///< `least` itself is excluded

  static constexpr Range at_least(double value) { return {value, std::numeric_limits<double>::infinity(), false}; }
  static constexpr Range above(double value) { return {value, std::numeric_limits<double>::infinity(), true}; }
  static constexpr Range between(double low, double high) { return {low, high, false}; }
  bool contains(double value) const { return value <= most && (above_least ? value > least : value >= least); }
};

/// How a scalar looks in a JSON Schema.
struct ScalarSchema {
  enum class Type : std::uint8_t { boolean, integer, number, text };
  Type type = Type::text;
  Range range{};
  std::string pattern{};             ///< for texts: an ECMA regular expression, empty for any text
  std::vector<std::string> words{};  ///< if not empty, the only allowed texts
  bool or_none = false;              ///< the word `none` is allowed too
  bool is_path = false;              ///< a file or folder; relative ones start at the configuration's folder
};

/// One scalar value bound to a field. Implementations live in core/scalars.cpp.
class Scalar {
 public:
  virtual ~Scalar() = default;
  /// Sets the field from a YAML scalar. Returns "" or what is wrong, as the end of a sentence about the key:
  /// "must be between 1 and 16, not 40". `quoted` tells 'true' from true.
  virtual std::string read(std::string_view text, bool quoted) = 0;
  virtual std::string show() const = 0;  ///< the field's value as YAML
  virtual ScalarSchema schema() const = 0;
};

/// A text as a YAML scalar, in quotes unless it is a plain word.
std::string yaml_scalar(const std::string& text);

/// What a component or a section says about its keys. **One** declaration serves reading, defaults, `explain`, the
/// schema and the reference page: each of them is an implementation of this interface that visits the declaration.
/// The value that a field has when it is declared is its default.
class Options {
 public:
  using Declare = std::function<void(Options&)>;
  virtual ~Options() = default;

  virtual void scalar(const Key& key, Scalar& value) = 0;
  /// A map of its own. If `shorthand` is not empty, a value that is no map is read as {shorthand: value}.
  virtual void section(const Key& key, const Declare& declare, std::string_view shorthand = {}) = 0;
  /// A map, or the name of a preset of that kind ("device", "link"); `preset` receives the name or "".
  virtual void preset(const Key& key, std::string_view kind, std::string& preset, const Declare& declare) = 0;
  /// A component: `name`, or `{name: {its options}}`.
  virtual void choice(const Key& key, Choice& choice) = 0;
  /// A component whose options stand beside the key that names it: `{name: csv, path: …}`.
  virtual void inline_choice(const Key& key, Choice& choice) = 0;
  /// A list of components, each written as for `choice`; a name alone is a list of one.
  virtual void choices(const Key& key, ChoiceList& list) = 0;
  /// A list of maps. `resize` is called once when reading, with the list's length; then `declare_at` for each.
  struct Sections {
    std::function<std::size_t()> size;
    std::function<void(std::size_t)> resize;
    std::function<void(std::size_t, Options&)> declare_at;
  };
  virtual void sections(const Key& key, const Sections& list) = 0;
  /// A list of words.
  virtual void texts(const Key& key, std::vector<std::string>& field) = 0;

  // The scalars that declarations are made of.
  void flag(const Key& key, bool& field);
  void integer(const Key& key, std::int64_t& field, const Range& range = {});
  void number(const Key& key, double& field, const Range& range = {});
  void number_or_none(const Key& key, std::optional<double>& field, const Range& range = {});
  void quantity(const Key& key, Unit unit, double& field, const Range& range = Range::at_least(0));
  void quantity_or_none(const Key& key, Unit unit, std::optional<double>& field, const Range& range = Range::above(0));
  void text(const Key& key, std::string& field);
  void path(const Key& key, std::string& field);
  void word(const Key& key, std::string& field, std::vector<std::string> words);
};

/// Whatever a configuration names and the registry makes. Construct, declare (which reads the options), then use.
class Component {
 public:
  virtual ~Component() = default;
  /// Binds the component's options to its fields. Called before every other member function.
  virtual void declare(Options& /*options*/) {}
  /// If not empty, a value that is no map of options is read as {shorthand: value}: `{torchscript: model.pt}`.
  virtual std::string_view shorthand() const { return {}; }

  /// What to call it where it fails, "algorithm 'trimmed' of plug-in 'robust'"; the registry sets it.
  const std::string& origin() const { return origin_; }
  void set_origin(std::string origin) { origin_ = std::move(origin); }

 private:
  std::string origin_;
};

}  // namespace brume
