#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "core/suggestion.hpp"
#include "federation/builtin.hpp"
#include "sim/surrogate.hpp"

namespace {

constexpr int kWorkFailed = 1;
constexpr int kRequestWrong = 2;

constexpr const char* kFooter =
    "Start with:\n"
    "  brume simulate configs/fashion-fog.yaml      run a federation, see it learn\n"
    "  brume explain configs/fashion-fog.yaml       every value and where it comes from\n"
    "  brume list algorithms                        what can be named in a file\n"
    "\n"
    "Exit codes: 0 done, 1 the work failed, 2 the request was wrong.";

// CLI11 would only say that a subcommand is required. Goes down with the words of the command line.
void check_command(const CLI::App& app, std::span<char*> words) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (known.empty() || words.empty() || words[0][0] == '-') return;
  const auto commands = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == words[0]; });
  if (commands.empty())
    throw brume::RequestError(fmt::format("unknown command '{}'; {}", words[0], brume::suggestion(words[0], known)));
  check_command(*commands.front(), words.subspan(1));
}

int run(int argc, char** argv) {
  brume::cli::Context context{brume::federation::builtin_registry(), {}, brume::federation::builtin_backend()};
  brume::sim::register_surrogate(context.registry);
  CLI::App app{"Brume: federated learning for IoT fleets", "brume"};
  app.set_version_flag("--version", BRUME_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  brume::cli::add_simulate(app, context);
  brume::cli::add_check(app, context);
  brume::cli::add_explain(app, context);
  brume::cli::add_schema(app, context);
  brume::cli::add_list(app, context);
  brume::cli::add_bench(app, context);
  brume::cli::add_up(app, context);
  brume::cli::add_control(app, context);
  brume::cli::add_state(app, context);
  brume::cli::add_pki(app, context);
  brume::cli::add_model(app, context);
  brume::cli::add_codec(app, context);
  brume::cli::add_data(app, context);
  if (argc < 2) {
    fmt::print(stderr, "{}", app.help());
    return kRequestWrong;
  }
  check_command(app, std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kRequestWrong;
  }
  return context.exit_code;
}

// What one update frees the next one takes. Left to itself, glibc gives the kernel back what lies on top of its heap
// behind each update, and the kernel clears the same pages again for the next.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  try {
    return run(argc, argv);
  } catch (const brume::RequestError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kRequestWrong;
  } catch (const std::exception& error) {
    fmt::print(stderr, "brume: {}\n", error.what());
    return kWorkFailed;
  }
}
