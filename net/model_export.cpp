#include "net/model_export.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <vector>

#include "brume/error.hpp"
#include "core/model_file.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace brume::net {

ModelExport::ModelExport(std::filesystem::path folder, std::string command, const Log& log)
    : folder_(std::move(folder)), command_(std::move(command)), log_(log) {}

void ModelExport::offer(Version version, const Parameters& model) {
  if (last_ && version <= *last_) return;
  last_ = version;
  try {
    if (!folder_.empty()) {
      std::filesystem::create_directories(folder_);
      write_model_file(folder_ / "current", model);
      log_.info("model written", {{"version", version}, {"file", (folder_ / "current").string()}});
    }
    if (!command_.empty()) run_command(version);
  } catch (const std::exception& error) {
    log_.error("model not written", {{"version", version}, {"why", error.what()}});
  }
}

void ModelExport::catch_up() {
  if (!missed_) return;
  try {
    run_command(*missed_);
  } catch (const std::exception& error) {
    missed_.reset();
    log_.error("on_model not run", {{"why", error.what()}});
  }
}

void ModelExport::run_command(Version version) {
  int status = 0;
  if (running_ != 0 && waitpid(running_, &status, WNOHANG) == 0) return missed_.emplace(version), void();
  missed_.reset();
  std::vector<std::string> variables;
  for (char** one = environ; *one; ++one) variables.emplace_back(*one);
  variables.push_back("BRUME_MODEL=" + (folder_ / "current").string());
  variables.push_back("BRUME_MODEL_VERSION=" + std::to_string(version));
  std::vector<char*> environment;
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string option = "-c";
  char* arguments[] = {shell.data(), option.data(), command_.data(), nullptr};
  // The command has neither this process's sockets nor its ways with signals.
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t ignored;
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int failure = posix_spawn(&running_, "/bin/sh", &files, &attributes, arguments, environment.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) throw Error(std::string("on_model cannot be run: ") + std::strerror(failure));
}

}  // namespace brume::net
