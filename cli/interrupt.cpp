#include "cli/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace brume::cli {

namespace {

// A signal handler can reach nothing but a global.
std::atomic<bool> asked_to_end{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void ask_to_end(int signal) {
  asked_to_end = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    action.sa_handler = ask_to_end;
    sigaction(signal, &action, nullptr);
  }
}

bool interrupted() { return asked_to_end; }

}  // namespace brume::cli
