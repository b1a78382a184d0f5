#include "records/trace_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "brume/error.hpp"

namespace brume::records {

namespace {

std::string quoted(std::string_view text) { return nlohmann::json(text).dump(); }

// The format counts in microseconds.
std::string microseconds(Duration duration) {
  return fmt::format("{}.{:03}", duration.count() / 1000, duration.count() % 1000);
}

std::filesystem::path partial(const std::filesystem::path& path) { return path.string() + ".partial"; }

}  // namespace

TraceFile::TraceFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_.empty()) throw RequestError("a time line needs the name of a file");
  if (std::filesystem::exists(path_) && !std::filesystem::is_regular_file(path_))
    throw RequestError(fmt::format("cannot write a time line to {}: it is no file", path_.string()));
  file_.open(partial(path_));
  if (!file_) throw RequestError(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(errno)));
  file_ << "[";
}

TraceFile::~TraceFile() {
  if (!file_.is_open()) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(partial(path_), ignored);
}

void TraceFile::write(const std::string& event) {
  file_ << (first_ ? "\n" : ",\n") << event;
  first_ = false;
  if (!file_) throw Error(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(errno)));
}

void TraceFile::name_track(const Track& track) {
  auto& threads = named_[track.process_id];
  const auto name = [&](const char* what, std::string_view text) {
    write(fmt::format(R"({{"ph":"M","name":"{}","pid":{},"tid":{},"args":{{"name":{}}}}})", what, track.process_id,
                      track.thread_id, quoted(text)));
  };
  if (threads.empty()) name("process_name", track.process);
  if (threads.insert(track.thread_id).second) name("thread_name", track.thread);
}

void TraceFile::span(const Track& track, std::string_view name, Time start, Time end, std::string_view details) {
  name_track(track);
  write(fmt::format(R"({{"ph":"X","name":{},"pid":{},"tid":{},"ts":{},"dur":{},"args":{}}})", quoted(name),
                    track.process_id, track.thread_id, microseconds(start.time_since_epoch()),
                    microseconds(end - start), details));
}

void TraceFile::finish() {
  file_ << "\n]\n";
  file_.close();
  if (!file_) throw Error(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(errno)));
  std::error_code failure;
  std::filesystem::rename(partial(path_), path_, failure);
  if (failure) throw Error(fmt::format("cannot make {}: {}", path_.string(), failure.message()));
}

}  // namespace brume::records
