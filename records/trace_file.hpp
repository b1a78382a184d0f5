#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "brume/time.hpp"

namespace brume::records {

/// A time line in the Chrome trace-event format (JSON array form), which Perfetto and chrome://tracing open. Written as
/// it goes to FILE.partial, which becomes FILE when it is finished and goes when it is not. Throws RequestError when
/// the file cannot be made, Error when the disk is full.
class TraceFile {
 public:
  /// Where a span is drawn: processes are drawn as groups of threads.
  struct Track {
    std::string_view process;
    std::uint64_t process_id = 0;
    std::string thread;
    std::uint64_t thread_id = 0;
  };

  explicit TraceFile(std::filesystem::path path);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  /// What happened from start to end. `details`: a JSON object.
  void span(const Track& track, std::string_view name, Time start, Time end, std::string_view details);
  void finish();

 private:
  void name_track(const Track& track);
  void write(const std::string& event);
  std::filesystem::path path_;
  std::ofstream file_;
  std::map<std::uint64_t, std::set<std::uint64_t>> named_;  // threads by process
  bool first_ = true;
};

}  // namespace brume::records
