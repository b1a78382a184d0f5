// The scalar values that declarations are made of: how each is read, shown and described.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "brume/options.hpp"
#include "core/suggestion.hpp"

namespace brume {

std::string yaml_scalar(const std::string& text) {
  constexpr std::string_view kWordCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
  constexpr std::array<std::string_view, 8> kNoTexts{"null", "true", "false", "yes", "no", "on", "off", "y"};
  const auto is_control = [](char character) {
    return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
  };
  const bool starts_like_a_word = !text.empty() && (std::isalpha(static_cast<unsigned char>(text.front())) ||
                                                    text.front() == '/' || text.front() == '_');
  const bool plain = starts_like_a_word && text.find_first_not_of(kWordCharacters) == std::string::npos &&
                     std::find(kNoTexts.begin(), kNoTexts.end(), text) == kNoTexts.end();
  if (plain) return text;
  std::string quoted;
  if (std::any_of(text.begin(), text.end(), is_control)) {
    for (const char character : text) {
      if (is_control(character)) {
        quoted += fmt::format("\\x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(character)));
      } else {
        if (character == '"' || character == '\\') quoted += '\\';
        quoted += character;
      }
    }
    return '"' + quoted + '"';
  }
  for (const char character : text) quoted += character == '\'' ? std::string("\'\'") : std::string(1, character);
  return "'" + quoted + "'";
}

namespace {

std::string limits(const Range& range, const std::function<std::string(double)>& show) {
  const bool low = std::isfinite(range.least);
  const bool high = std::isfinite(range.most);
  if (low && high && range.above_least)
    return fmt::format("must be above {} and at most {}", show(range.least), show(range.most));
  if (low && high) return fmt::format("must be between {} and {}", show(range.least), show(range.most));
  if (low) return fmt::format("must be {} {}", range.above_least ? "above" : "at least", show(range.least));
  return fmt::format("must be at most {}", show(range.most));
}

class Flag final : public Scalar {
 public:
  explicit Flag(bool& field) : field_(field) {}
  std::string read(std::string_view text, bool quoted) override {
    if (quoted || (text != "true" && text != "false")) return fmt::format("must be true or false, not '{}'", text);
    field_ = text == "true";
    return "";
  }
  std::string show() const override { return field_ ? "true" : "false"; }
  ScalarSchema schema() const override { return {.type = ScalarSchema::Type::boolean}; }

 private:
  bool& field_;
};

class Integer final : public Scalar {
 public:
  Integer(std::int64_t& field, const Range& range) : field_(field), range_(range) {}
  std::string read(std::string_view text, bool quoted) override {
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (quoted || failure != std::errc() || end != text.data() + text.size())
      return fmt::format("must be a whole number, not '{}'", text);
    if (!range_.contains(static_cast<double>(value)))
      return limits(range_, [](double limit) { return fmt::format("{:.0f}", limit); }) + fmt::format(", not {}", value);
    field_ = value;
    return "";
  }
  std::string show() const override { return std::to_string(field_); }
  ScalarSchema schema() const override { return {.type = ScalarSchema::Type::integer, .range = range_}; }

 private:
  std::int64_t& field_;
  Range range_;
};

// A double, or nothing when the field is optional and the text is `none`.
class Number final : public Scalar {
 public:
  Number(std::optional<double>& field, bool or_none, const Range& range)
      : field_(field), or_none_(or_none), range_(range) {}
  std::string read(std::string_view text, bool quoted) override {
    if (or_none_ && text == "none") {
      field_.reset();
      return "";
    }
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (quoted || failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
      return fmt::format("must be a number{}, not '{}'", or_none_ ? " or none" : "", text);
    if (!range_.contains(value)) return limits(range_, show_number) + fmt::format(", not {}", text);
    field_ = value;
    return "";
  }
  std::string show() const override { return field_ ? show_number(*field_) : "none"; }
  ScalarSchema schema() const override {
    return {.type = ScalarSchema::Type::number, .range = range_, .or_none = or_none_};
  }

 private:
  std::optional<double>& field_;
  bool or_none_;
  Range range_;
};

class Quantity final : public Scalar {
 public:
  Quantity(std::optional<double>& field, bool or_none, Unit unit, const Range& range)
      : field_(field), or_none_(or_none), unit_(unit), range_(range) {}
  std::string read(std::string_view text, bool /*quoted*/) override {
    if (or_none_ && text == "none") {
      field_.reset();
      return "";
    }
    auto parsed = parse_quantity(text, unit_);
    if (!parsed.error.empty()) return parsed.error;
    if (!range_.contains(parsed.value))
      return limits(range_, [this](double limit) { return show_quantity(limit, unit_); }) +
             fmt::format(", not '{}'", text);
    field_ = parsed.value;
    return "";
  }
  std::string show() const override { return field_ ? show_quantity(*field_, unit_) : "none"; }
  ScalarSchema schema() const override {
    std::string units;
    for (const auto& symbol : unit_symbols(unit_)) units += (units.empty() ? "" : "|") + symbol;
    return {.pattern = fmt::format("^[0-9.]+(e[+-]?[0-9]+)? *({})$", units), .or_none = or_none_};
  }

 private:
  std::optional<double>& field_;
  bool or_none_;
  Unit unit_;
  Range range_;
};

class Text final : public Scalar {
 public:
  Text(std::string& field, std::vector<std::string> words, bool is_path = false)
      : field_(field), words_(std::move(words)), is_path_(is_path) {}
  std::string read(std::string_view text, bool /*quoted*/) override {
    bool known = words_.empty();
    for (const auto& word : words_) known = known || word == text;
    if (!known) return fmt::format("is unknown: '{}'; {}", text, suggestion(text, words_));
    field_ = text;
    return "";
  }
  std::string show() const override { return yaml_scalar(field_); }
  ScalarSchema schema() const override { return {.words = words_, .or_none = false, .is_path = is_path_}; }

 private:
  std::string& field_;
  std::vector<std::string> words_;
  bool is_path_;
};

}  // namespace

void Options::flag(const Key& key, bool& field) {
  Flag value(field);
  scalar(key, value);
}

void Options::integer(const Key& key, std::int64_t& field, const Range& range) {
  Integer value(field, range);
  scalar(key, value);
}

void Options::number(const Key& key, double& field, const Range& range) {
  std::optional<double> holder = field;
  Number value(holder, false, range);
  scalar(key, value);
  field = *holder;
}

void Options::number_or_none(const Key& key, std::optional<double>& field, const Range& range) {
  Number value(field, true, range);
  scalar(key, value);
}

void Options::quantity(const Key& key, Unit unit, double& field, const Range& range) {
  std::optional<double> holder = field;
  Quantity value(holder, false, unit, range);
  scalar(key, value);
  field = *holder;
}

void Options::quantity_or_none(const Key& key, Unit unit, std::optional<double>& field, const Range& range) {
  Quantity value(field, true, unit, range);
  scalar(key, value);
}

void Options::text(const Key& key, std::string& field) { word(key, field, {}); }

void Options::path(const Key& key, std::string& field) {
  Text value(field, {}, true);
  scalar(key, value);
}

void Options::word(const Key& key, std::string& field, std::vector<std::string> words) {
  Text value(field, std::move(words));
  scalar(key, value);
}

}  // namespace brume
