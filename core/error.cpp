#include "brume/error.hpp"

#include <utility>

namespace brume {

std::string Place::text() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

namespace {

std::string joined(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += diagnostic.place.text() + ": " + diagnostic.message;
  }
  return text;
}

}  // namespace

ConfigurationError::ConfigurationError(std::vector<Diagnostic> diagnostics)
    : RequestError(joined(diagnostics)), diagnostics_(std::move(diagnostics)) {}

}  // namespace brume
