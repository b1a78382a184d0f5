#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "cli/document_options.hpp"
#include "cli/interrupt.hpp"
#include "cli/simulation.hpp"

namespace brume::cli {

namespace {

struct SimulateOptions {
  DocumentOptions document;
  std::string seed;
  unsigned workers = std::max(1U, std::thread::hardware_concurrency());
  std::string out;
  bool json = false;
};

struct SeedRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// "7" or "1..5"
SeedRange parse_seeds(const std::string& text) {
  const auto number = [&](std::string_view part) {
    std::int64_t value = -1;
    const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (failure != std::errc() || end != part.data() + part.size() || value < 0)
      throw RequestError(fmt::format("--seed must be a number or a range such as 1..5, not '{}'", text));
    return value;
  };
  const auto dots = text.find("..");
  const std::string_view whole = text;
  if (dots == std::string::npos) return {number(whole), number(whole)};
  const SeedRange range{number(whole.substr(0, dots)), number(whole.substr(dots + 2))};
  if (range.last < range.first) throw RequestError(fmt::format("--seed {} is an empty range", text));
  return range;
}

struct Spread {
  double mean = 0;
  double deviation = 0;
};

Spread spread_of(const std::vector<double>& values) {
  Spread spread;
  for (const double value : values) spread.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return spread;
  for (const double value : values) spread.deviation += std::pow(value - spread.mean, 2);
  spread.deviation = std::sqrt(spread.deviation / static_cast<double>(values.size() - 1));
  return spread;
}

nlohmann::ordered_json json_of(const Spread& spread) {
  return {{"mean", spread.mean}, {"deviation", spread.deviation}};
}

// Mean and standard deviation (of the sample) over several seeds.
nlohmann::ordered_json compare_seeds(const std::vector<SimulationResult>& results) {
  std::vector<double> accuracy, loss, virtual_seconds, up;
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const auto& result : results) {
    runs.push_back(records::to_json(result.summary));
    virtual_seconds.push_back(result.summary.virtual_seconds);
    up.push_back(static_cast<double>(result.summary.device_up_bytes));
    if (!result.summary.metrics) continue;
    accuracy.push_back(result.summary.metrics->accuracy);
    loss.push_back(result.summary.metrics->loss);
  }
  return {{"seeds", results.size()},
          {"accuracy", json_of(spread_of(accuracy))},
          {"loss", json_of(spread_of(loss))},
          {"virtual_seconds", json_of(spread_of(virtual_seconds))},
          {"device_up_bytes", json_of(spread_of(up))},
          {"runs", runs}};
}

void run(const SimulateOptions& options, Context& context) {
  catch_interrupts();
  auto overrides = options.document.overrides();
  auto document = options.document.read(context, overrides);
  const auto own_seed = document.configuration.federation.seed;
  const auto seeds = options.seed.empty() ? SeedRange{own_seed, own_seed} : parse_seeds(options.seed);
  const bool several = seeds.last > seeds.first;
  std::vector<SimulationResult> results;
  for (auto seed = seeds.first; seed <= seeds.last && !interrupted(); ++seed) {
    overrides.seed = seed;
    document = options.document.read(context, overrides);
    std::filesystem::path out = options.out;
    if (several && !out.empty()) out /= fmt::format("seed{}", seed);
    results.push_back(simulate(document, context, options.workers, out));
    fmt::print("{}{}", to_text(results.back()), several ? "\n" : "");
    std::fflush(stdout);
  }
  if (interrupted()) context.exit_code = 1;
  const auto comparison = compare_seeds(results);
  if (several)
    fmt::print("{} seeds: accuracy {:.4f} ± {:.4f}, loss {:.4f} ± {:.4f}\n", results.size(),
               comparison["accuracy"]["mean"].get<double>(), comparison["accuracy"]["deviation"].get<double>(),
               comparison["loss"]["mean"].get<double>(), comparison["loss"]["deviation"].get<double>());
  if (options.json) fmt::print("{}\n", (several ? comparison : records::to_json(results.front().summary)).dump());
}

}  // namespace

void add_simulate(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("simulate", "Run a federation in virtual time");
  auto options = std::make_shared<SimulateOptions>();
  options->document.add_to(*command);
  command->add_option("--seed", options->seed, "Another seed, or a range N..M for mean and standard deviation");
  command->add_option("--workers", options->workers, "Threads that train; results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--out", options->out, "Folder of the results (default: runs/NAME-seedN)");
  command->add_flag("--json", options->json, "Print the summary as JSON, the last line of the output");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace brume::cli
