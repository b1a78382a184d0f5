#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "cli/document_options.hpp"
#include "cli/interrupt.hpp"
#include "cli/local_fleet.hpp"
#include "cli/progress.hpp"
#include "cli/round_notes.hpp"
#include "core/human.hpp"
#include "federation/assembly.hpp"
#include "net/reports.hpp"
#include "records/run_folder.hpp"
#include "storage/history.hpp"

namespace brume::cli {

namespace {

constexpr double kBytesAClient = 90e6;  // resident and private, with LibTorch
constexpr auto kPoll = std::chrono::milliseconds(50);

struct UpOptions {
  DocumentOptions document;
  std::string out;
  Trial trial;
  bool json = false;
};

double available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("MemAvailable:", 0) == 0) return 1024 * std::stod(line.substr(13));
  return 0;
}

void require_memory(std::uint64_t devices) {
  const double needed = kBytesAClient * static_cast<double>(devices);
  const double there = available_memory();
  if (there == 0 || needed <= there) return;
  throw RequestError(fmt::format("{} client processes need about {}, {} are free; take fewer: --devices {}", devices,
                                 human_bytes(needed), human_bytes(there),
                                 static_cast<std::uint64_t>(there / kBytesAClient / 2)));
}

// What each node has sent and received, by tier, and how many tasks kept no pace. A node that does not answer any more
// is left out.
std::uint64_t ask_all(const LocalFleet& fleet, records::Summary& summary) {
  std::uint64_t slower = 0;
  for (const auto node : fleet.nodes()) {
    if (node.role == NodeId::Role::cloud) continue;
    const bool device = node.role == NodeId::Role::device;
    try {
      const auto status = fleet.ask(node, "/status");
      (device ? summary.device_up_bytes : summary.fog_up_bytes) += status.at("parent_sent_bytes").get<std::uint64_t>();
      (device ? summary.device_down_bytes : summary.fog_down_bytes) +=
          status.at("parent_received_bytes").get<std::uint64_t>();
      if (device) slower += status.at("slower_than_profile").get<std::uint64_t>();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{} does not say what it has sent: {}\n", net::to_text(node), error.what());
    }
  }
  return slower;
}

// Writes rounds down as they come.
class Rounds {
 public:
  Rounds(records::RunFolder& folder, records::Summary& summary) : folder_(folder), summary_(summary) {}
  void add(const RoundReport& round) {
    if (!began_) began_ = round.opened;
    const double seconds = in_seconds(round.closed - *began_);
    summary_.included += round.included;
    summary_.late += round.late;
    summary_.refused += round.refused;
    summary_.failed += round.failed;
    summary_.virtual_seconds = seconds;
    note(round, seconds, summary_);
    folder_.add_round(row_of(round, seconds));
  }

 private:
  records::RunFolder& folder_;
  records::Summary& summary_;
  std::optional<Time> began_;
};

// Shows the rounds until the last one has ended.
void watch(LocalFleet& fleet, Rounds& seen, const records::Summary& summary, std::uint64_t rounds) {
  Progress progress(rounds);
  while (summary.rounds < rounds && !interrupted()) {
    fleet.check();
    for (const auto& json : fleet.ask(NodeId::cloud(), fmt::format("/rounds?from={}", summary.rounds + 1))) {
      const auto round = net::round_from(json);
      seen.add(round);
      progress.show(round, {});
    }
    std::this_thread::sleep_for(kPoll);
  }
}

records::Summary begin_summary(const configs::Configuration& configuration, const LearningBackend& backend) {
  records::Summary summary;
  summary.name = configuration.federation.name;
  summary.seed = configuration.federation.seed;
  summary.workers = static_cast<unsigned>(configuration.device_count());
  summary.target = configuration.federation.target();
  summary.build = records::describe_build(backend.build());
  return summary;
}

void print(const records::Summary& summary, const std::filesystem::path& folder) {
  fmt::print("{} · {} rounds in {}{}\n", summary.name, summary.rounds, human_seconds(summary.wall_seconds),
             summary.interrupted ? " · interrupted" : "");
  if (summary.rounds == 0) return fmt::print("logs        {}\n", (folder / "logs").string());
  if (summary.metrics) fmt::print("{}\n", describe(*summary.metrics));
  if (summary.device_up_bytes > 0)  // an interrupt leaves no time to ask
    fmt::print("bytes       {} up from devices, {} down to them\n",
               human_bytes(static_cast<double>(summary.device_up_bytes)),
               human_bytes(static_cast<double>(summary.device_down_bytes)));
  fmt::print("updates     {} included, {} late, {} refused, {} failed\n", summary.included, summary.late,
             summary.refused, summary.failed);
  if (!summary.first_problem.empty()) fmt::print("problem     {}\n", summary.first_problem);
  fmt::print("parameters  {}\nresults     {} (report.html, rounds.csv, summary.json, model.brume, logs)\n",
             summary.parameters_sha256, folder.string());
}

records::Summary run_fleet(const UpOptions& options, configs::Document& document, Context& context,
                           const std::filesystem::path& path) {
  const auto& configuration = document.configuration;
  const auto rounds = static_cast<std::uint64_t>(configuration.federation.rounds);
  const auto resolved = configs::to_yaml(configs::resolve(document, context.registry, context.presets));
  records::RunFolder folder(path, 1'000'000 + rounds * 1000);
  folder.write_inputs(document.text, resolved);
  auto summary = begin_summary(configuration, *context.backend);
  const auto started = std::chrono::steady_clock::now();
  LocalFleet fleet(configuration, resolved, path / "logs", options.trial);
  fmt::print(stderr, "starting {} processes, logs in {}\n", fleet.nodes().size(), (path / "logs").string());
  fleet.start();
  Rounds seen(folder, summary);
  watch(fleet, seen, summary, rounds);
  const auto slower = interrupted() ? 0 : ask_all(fleet, summary);
  if (slower > 0)
    fmt::print(stderr, "tasks that took longer than their profiles say: {}; this machine is too slow for them\n",
               slower);
  fleet.stop();
  summary.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  storage::History history(fleet.state(NodeId::cloud()));
  for (const auto& round : history.rounds())  // those that ended while it was being stopped
    if (round.round > summary.rounds) seen.add(round);
  summary.interrupted = summary.rounds < rounds;
  if (summary.rounds == 0) return summary;
  const auto model = history.model(summary.rounds);
  summary.parameters_sha256 = net::digest_text(model.digest());
  summary.peak_rss_bytes = records::peak_rss_bytes();
  folder.finish(summary, model);
  return summary;
}

void run(const UpOptions& options, Context& context) {
  catch_interrupts();
  auto document = options.document.read(context, options.document.overrides());
  const auto& configuration = document.configuration;
  const auto assembly = federation::assemble(document);
  assembly.require_real_model(options.document.file);
  if (!context.backend) throw RequestError("this build cannot train: it was made with -DBRUME_LEARNING=OFF");
  LocalFleet::require_programs();
  require_memory(configuration.device_count());
  std::filesystem::path folder = options.out;
  if (folder.empty()) folder = records::fresh_run_path(configuration.federation.name, configuration.federation.seed);
  const auto summary = run_fleet(options, document, context, folder);
  print(summary, folder);
  if (summary.interrupted) context.exit_code = 1;
  if (options.json) fmt::print("{}\n", records::to_json(summary).dump());
}

}  // namespace

void add_up(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("up", "Run a federation as real processes on this machine");
  auto options = std::make_shared<UpOptions>();
  options->document.add_to(*command);
  command->add_option("--out", options->out, "Folder of the results (default: runs/NAME-seedN)");
  command->add_flag("--reproducible", options->trial.reproducible,
                    "Select by the file's seed instead of a secret one: the model is then the simulated one");
  command->add_flag("--profile-pace", options->trial.profile_pace,
                    "Devices take the times that the file's profiles give them, as in a simulation");
  command->add_flag("--json", options->json, "Print the summary as JSON, the last line of the output");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace brume::cli
