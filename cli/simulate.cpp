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
#include "configs/plugins.hpp"
#include "records/run_folder.hpp"

namespace brume::cli {

namespace {

struct SimulateOptions {
  DocumentOptions document;
  std::string seed;
  unsigned workers = std::max(1U, std::thread::hardware_concurrency());
  std::string out;
  std::string resume;
  std::optional<std::string> trace;
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

// Mean and standard deviation of a sample; null where there is too little to say.
nlohmann::ordered_json spread_of(const std::vector<double>& values) {
  if (values.empty()) return {{"runs", 0}, {"mean", nullptr}, {"deviation", nullptr}};
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  nlohmann::ordered_json json{{"runs", values.size()}, {"mean", mean}, {"deviation", nullptr}};
  if (values.size() < 2) return json;
  double square = 0;
  for (const double value : values) square += std::pow(value - mean, 2);
  json["deviation"] = std::sqrt(square / static_cast<double>(values.size() - 1));
  return json;
}

std::string to_text(const nlohmann::ordered_json& spread) {
  if (spread["mean"].is_null()) return "–";
  const std::string mean = fmt::format("{:.4f}", spread["mean"].get<double>());
  return spread["deviation"].is_null() ? mean : mean + fmt::format(" ± {:.4f}", spread["deviation"].get<double>());
}

// Over the seeds that ran to their end.
nlohmann::ordered_json compare_seeds(const std::vector<SimulationResult>& results, bool complete) {
  std::vector<double> accuracy, loss, virtual_seconds, up;
  std::map<std::string, std::vector<double>> others;
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const auto& result : results) {
    runs.push_back(records::to_json(result.summary));
    if (result.summary.interrupted) continue;
    virtual_seconds.push_back(result.summary.virtual_seconds);
    up.push_back(static_cast<double>(result.summary.device_up_bytes));
    accuracy.push_back(result.summary.metrics->accuracy);
    loss.push_back(result.summary.metrics->loss);
    for (const auto& other : result.summary.metrics->others) others[other.name].push_back(other.value);
  }
  nlohmann::ordered_json comparison{{"seeds", results.size()},
                                    {"accuracy", spread_of(accuracy)},
                                    {"loss", spread_of(loss)},
                                    {"virtual_seconds", spread_of(virtual_seconds)},
                                    {"device_up_bytes", spread_of(up)},
                                    {"interrupted", !complete},
                                    {"runs", runs}};
  for (const auto& [name, values] : others) comparison[name] = spread_of(values);
  return comparison;
}

// One folder for each seed; all are looked at before the first seed runs.
std::vector<std::filesystem::path> folders_for(const SimulateOptions& options, const SeedRange& seeds) {
  std::vector<std::filesystem::path> folders;
  for (auto seed = seeds.first; seed <= seeds.last; ++seed) {
    std::filesystem::path folder = options.out;
    if (seeds.last > seeds.first && !folder.empty()) folder /= fmt::format("seed{}", seed);
    if (!folder.empty()) records::require_no_run(folder);
    folders.push_back(std::move(folder));
  }
  return folders;
}

void print_results(const SimulateOptions& options, const std::vector<SimulationResult>& results, std::int64_t asked,
                   Context& context) {
  // A run that ended at the moment of the interrupt has ended.
  const bool complete = static_cast<std::int64_t>(results.size()) == asked && !results.back().summary.interrupted;
  if (!complete) context.exit_code = 1;
  const bool several = asked > 1;
  const auto comparison = compare_seeds(results, complete);
  const auto& metrics = results.front().summary.metrics;
  const std::string headline = metrics ? metrics->headline().name : "accuracy";
  if (several)
    fmt::print("{} of {} seeds: {} {}, loss {}\n", comparison["loss"]["runs"].get<std::size_t>(), asked, headline,
               to_text(comparison[headline]), to_text(comparison["loss"]));
  if (options.json) fmt::print("{}\n", (several ? comparison : records::to_json(results.front().summary)).dump());
}

// Goes on in the run's own folder, from its own resolved.yaml; a file that is named beside it must say the same.
void resume(const SimulateOptions& options, Context& context) {
  const std::filesystem::path folder = options.resume;
  const auto resolved = folder / "resolved.yaml";
  if (!std::filesystem::exists(resolved))
    throw RequestError(fmt::format("{} is no run folder: it has no resolved.yaml", folder.string()));
  if (options.document.file.empty() && (!options.document.set.empty() || options.document.devices > 0))
    throw RequestError(
        "--resume goes on with a run as it is: --set and --devices can only say again, beside FILE, what "
        "it was started with");
  if (options.trace && std::filesystem::exists(*options.trace))
    throw RequestError(fmt::format("{} exists: a time line of the rest of a run would replace it", *options.trace));
  configs::load_plugins(resolved, {}, context.registry, context.presets);
  auto document = configs::read_document(resolved, {}, context.registry, context.presets);
  const auto as_yaml = [&](configs::Document& one) {
    return configs::to_yaml(configs::resolve(one, context.registry, context.presets));
  };
  if (!options.document.file.empty()) {
    auto named = options.document.read(context, options.document.overrides());
    if (as_yaml(named) != as_yaml(document))
      throw RequestError(
          fmt::format("{} describes another federation than the run in {}; leave the file out to go on "
                      "with the run as it is",
                      options.document.file, folder.string()));
  }
  std::vector<SimulationResult> results{simulate(document, context, {options.workers, folder, true, options.trace})};
  fmt::print("{}", to_text(results.back()));
  print_results(options, results, 1, context);
}

void run(const SimulateOptions& options, Context& context) {
  catch_interrupts();
  if (!options.resume.empty()) return resume(options, context);
  if (options.document.file.empty()) throw RequestError("name a federation file, or a run to go on with: --resume RUN");
  auto overrides = options.document.overrides();
  const auto own_seed = options.document.read(context, overrides).configuration.federation.seed;
  const auto seeds = options.seed.empty() ? SeedRange{own_seed, own_seed} : parse_seeds(options.seed);
  const bool several = seeds.last > seeds.first;
  if (several && options.trace) throw RequestError("--trace draws one run; give it one seed");
  std::vector<SimulationResult> results;
  std::int64_t seed = seeds.first;
  for (const auto& folder : folders_for(options, seeds)) {
    if (!options.seed.empty()) overrides.seed = seed;
    ++seed;
    auto document = options.document.read(context, overrides);
    results.push_back(simulate(document, context, {options.workers, folder, false, options.trace}));
    fmt::print("{}{}", to_text(results.back()), several ? "\n" : "");
    std::fflush(stdout);
    if (interrupted()) break;
  }
  print_results(options, results, seeds.last - seeds.first + 1, context);
}

}  // namespace

void add_simulate(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("simulate", "Run a federation in virtual time");
  auto options = std::make_shared<SimulateOptions>();
  options->document.add_to(*command)->required(false);
  auto* seed =
      command->add_option("--seed", options->seed, "Another seed, or a range N..M for mean and standard deviation");
  command->add_option("--workers", options->workers, "Threads that train; results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  auto* out = command->add_option("--out", options->out, "Folder of the results (default: runs/NAME-seedN)");
  command->add_option("--resume", options->resume, "Go on with an interrupted run in its folder; FILE may be left out")
      ->excludes(out)
      ->excludes(seed);
  command->add_option("--trace", options->trace,
                      "Write a time line in Chrome's trace-event format: open it in Perfetto");
  command->add_flag("--json", options->json, "Print the summary as JSON, the last line of the output");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace brume::cli
