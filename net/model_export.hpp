#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "brume/parameters.hpp"
#include "brume/task.hpp"
#include "net/log.hpp"

namespace brume::net {

/// Puts each new global model where a program beside the client finds it: `current` in a folder, exchanged atomically;
/// then runs a command, with BRUME_MODEL and BRUME_MODEL_VERSION set, once at a time.
class ModelExport {
 public:
  ModelExport(std::filesystem::path folder, std::string command, const Log& log);
  /// Older models than the last are passed over. Problems are logged: they are no reason to stop training.
  void offer(Version version, const Parameters& model);
  Version newest() const { return last_.value_or(0); }
  /// To be called now and then: runs the command for a model that came while it was running.
  void catch_up();

 private:
  void run_command(Version version);
  std::filesystem::path folder_;
  std::string command_;
  const Log& log_;
  std::optional<Version> last_;
  pid_t running_ = 0;
  std::optional<Version> missed_;  // while it was running
};

}  // namespace brume::net
