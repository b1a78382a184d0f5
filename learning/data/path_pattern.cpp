#include "learning/data/path_pattern.hpp"

#include "brume/error.hpp"

namespace brume::learning {

PathPattern::PathPattern(const std::string& pattern) {
  std::string expression;
  std::size_t groups = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      if (std::string(".[]()*+?^$|\\}").find(pattern[i]) != std::string::npos) expression += '\\';
      expression += pattern[i];
      continue;
    }
    const auto end = pattern.find('}', i);
    if (end == std::string::npos) throw RequestError("pattern '" + pattern + "' has a brace that is not closed");
    const auto name = pattern.substr(i + 1, end - i - 1);
    if (name == "label" || name == "device")
      (name == "label" ? label_ : device_) = ++groups;
    else if (!name.empty())
      throw RequestError("pattern '" + pattern + "' names '" + name + "'; known: {label}, {device}, {}");
    expression += name.empty() ? "[^/]*" : "([^/_]+)";
    i = end;
  }
  if (label_ == 0) throw RequestError("pattern '" + pattern + "' has no {label}");
  expression_ = std::regex(expression);
}

std::optional<PathPattern::Match> PathPattern::match(const std::string& path) const {
  std::smatch found;
  if (!std::regex_match(path, found, expression_)) return std::nullopt;
  return Match{found[label_].str(), device_ > 0 ? found[device_].str() : ""};
}

}  // namespace brume::learning
