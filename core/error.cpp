#include "brume/error.hpp"

#include <utility>

namespace brume {

std::string Place::text() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

namespace {

constexpr std::size_t kMostLines = 200;  // nobody reads more

std::string joined(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (std::size_t i = 0; i < diagnostics.size() && i < kMostLines; ++i)
    text += (i > 0 ? "\n" : "") + diagnostics[i].place.text() + ": " + diagnostics[i].message;
  if (diagnostics.size() > kMostLines)
    text += "\nand " + std::to_string(diagnostics.size() - kMostLines) + " more problems";
  return text;
}

}  // namespace

ConfigurationError::ConfigurationError(std::vector<Diagnostic> diagnostics)
    : RequestError(joined(diagnostics)), diagnostics_(std::move(diagnostics)) {}

}  // namespace brume
