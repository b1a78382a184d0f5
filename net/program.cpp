#include "net/program.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include "brume/error.hpp"

namespace brume::net {

namespace {

constexpr int kWorkFailed = 1;
constexpr int kRequestWrong = 2;

// Whoever started this may be killed, and then tells nobody.
void end_with_parent() {
  const char* parent = std::getenv(kEndWith);
  if (!parent) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (std::to_string(getppid()) != parent) throw Error("the process that started this one has gone");
}

}  // namespace

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
  mallopt(M_ARENA_MAX, 1);  // what one thread frees another takes
}

void give_back_freed_memory() { malloc_trim(0); }

int run_program(int argc, char** argv, const std::string& name, const std::string& about,
                const std::function<int(const std::filesystem::path& config)>& run) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is found by its connection
  CLI::App app{about, name};
  app.set_version_flag("--version", BRUME_VERSION);
  app.footer(
      "docs/deploy.md goes from nothing to a round.\n\nExit codes: 0 done, 1 the work failed, 2 the request was "
      "wrong.");
  std::string config;
  app.add_option("--config", config, "This node's place: addresses, certificates, state folder")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kRequestWrong;
  }
  try {
    end_with_parent();
    return run(config);
  } catch (const RequestError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kRequestWrong;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return kWorkFailed;
  }
}

}  // namespace brume::net
