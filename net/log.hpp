#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace spdlog {
class logger;
}  // namespace spdlog

namespace brume::net {

/// A node's log: events with fields, to standard error. "2026-05-01T10:00:00.000Z info joined node=device/3", or one
/// JSON object a line. Thread-safe.
class Log {
 public:
  enum class Level : std::uint8_t { debug, info, warning, error };
  enum class Format : std::uint8_t { text, json };
  class Field {
   public:
    template <class T>
    Field(std::string_view field, const T& content)  // NOLINT(google-explicit-constructor): a field in braces
        : name(field), value(fmt::format("{}", content)) {}
    std::string_view name;
    std::string value;
  };
  using Fields = std::initializer_list<Field>;

  explicit Log(Level level = Level::info, Format format = Format::text);

  void debug(std::string_view event, Fields fields = {}) const { write(Level::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) const { write(Level::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) const { write(Level::warning, event, fields); }
  void error(std::string_view event, Fields fields = {}) const { write(Level::error, event, fields); }

 private:
  void write(Level level, std::string_view event, Fields fields) const;
  Format format_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace brume::net
