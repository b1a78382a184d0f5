#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace brume::cli {

/// A program that this one has started. Killed, if it still runs, when this goes.
class Process {
 public:
  /// Both outputs go to the file `log`. Throws Error.
  Process(const std::filesystem::path& program, const std::vector<std::string>& arguments, std::filesystem::path log);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  bool running();
  void terminate() const;
  /// Waits at most so long; false if it still runs then.
  bool wait(double seconds);
  pid_t id() const { return id_; }
  /// The last lines of its log.
  std::string last_words() const;

 private:
  pid_t id_ = 0;  // 0 once it has ended
  std::filesystem::path log_;
};

/// The folder in which the running program stands.
std::filesystem::path program_folder();

}  // namespace brume::cli
