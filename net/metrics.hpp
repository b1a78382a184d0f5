#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace brume::net {

/// A page of metrics in Prometheus' text format (version 0.0.4).
class MetricsPage {
 public:
  void counter(std::string_view name, std::string_view help, double value) { add(name, help, "counter", value); }
  void gauge(std::string_view name, std::string_view help, double value) { add(name, help, "gauge", value); }
  const std::string& text() const { return text_; }

 private:
  void add(std::string_view name, std::string_view help, std::string_view type, double value);
  std::string text_;
};

/// Resident memory and open descriptors of this process, from /proc.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t descriptors = 0;
};
ProcessFigures process_figures();
std::uint64_t resident_bytes();

}  // namespace brume::net
