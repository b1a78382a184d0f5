#pragma once

#include "messages/report.hpp"
#include "records/trace_file.hpp"
#include "sim/span.hpp"

namespace brume::cli {

/// A simulation as a time line: rounds on the cloud's track; below it each fog node and each device that took part,
/// with a track for what it does and one for each direction of its link.
class Timeline {
 public:
  explicit Timeline(const std::filesystem::path& path) : file_(path) {}
  void add(const RoundReport& round);
  void add(const sim::Span& span);
  void finish() { file_.finish(); }

 private:
  records::TraceFile file_;
};

}  // namespace brume::cli
