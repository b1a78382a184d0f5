#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "core/suggestion.hpp"
#include "federation/builtin.hpp"

namespace {

constexpr int kWorkFailed = 1;
constexpr int kRequestWrong = 2;

constexpr const char* kFooter =
    "Start with:\n"
    "  brume simulate configs/fashion-flat.yaml     run a federation, see it learn\n"
    "  brume explain configs/fashion-flat.yaml      every value and where it comes from\n"
    "  brume list algorithms                        what can be named in a file\n"
    "\n"
    "Exit codes: 0 done, 1 the work failed, 2 the request was wrong.";

// CLI11 would only say that a subcommand is required.
void check_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) == known.end())
    throw brume::RequestError(fmt::format("unknown command '{}'; {}", argv[1], brume::suggestion(argv[1], known)));
}

int run(int argc, char** argv) {
  brume::cli::Context context{brume::federation::builtin_registry(), {}, brume::federation::builtin_backend()};
  CLI::App app{"Brume: federated learning for IoT fleets", "brume"};
  app.set_version_flag("--version", BRUME_VERSION);
  app.footer(kFooter);
  app.require_subcommand(1);
  brume::cli::add_simulate(app, context);
  brume::cli::add_check(app, context);
  brume::cli::add_explain(app, context);
  brume::cli::add_schema(app, context);
  brume::cli::add_list(app, context);
  check_command(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kRequestWrong;
  }
  return context.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
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
