#include "net/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace brume::net {

namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}";

// Values of peers may hold anything: quotes keep a line a line.
std::string as_text(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(" \"\n\r\t=") == std::string::npos;
  return plain ? value : nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

spdlog::level::level_enum level_of(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return spdlog::level::debug;
    case Log::Level::info:
      return spdlog::level::info;
    case Log::Level::warning:
      return spdlog::level::warn;
    case Log::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Log::Log(Level level, Format format)
    : format_(format),
      logger_(std::make_shared<spdlog::logger>("brume", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_level(level_of(level));
  logger_->set_pattern(format == Format::json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc);
  logger_->flush_on(spdlog::level::debug);
}

void Log::write(Level level, std::string_view event, Fields fields) const {
  std::string line = format_ == Format::json ? "\"event\":" + nlohmann::json(event).dump() : std::string(event);
  for (const auto& field : fields) {
    if (format_ == Format::text) {
      line += fmt::format(" {}={}", field.name, as_text(field.value));
    } else {
      line += fmt::format(",{}:{}", nlohmann::json(field.name).dump(),
                          nlohmann::json(field.value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
    }
  }
  logger_->log(level_of(level), "{}", line);
}

}  // namespace brume::net
