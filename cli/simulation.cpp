#include "cli/simulation.hpp"

#include <fmt/format.h>

#include <chrono>

#include "brume/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "core/human.hpp"
#include "core/sha256.hpp"
#include "federation/assembly.hpp"
#include "records/run_folder.hpp"
#include "sim/federation.hpp"

namespace brume::cli {

namespace {

// Writes each round down and shows it.
class Recorder final : public sim::Observer {
 public:
  Recorder(records::RunFolder& folder, records::Summary& summary, std::uint64_t rounds)
      : folder_(folder), summary_(summary), progress_(rounds) {}

  void on_round(const RoundReport& report, const sim::Totals& totals) override {
    summary_.rounds = report.round;
    if (summary_.first_problem.empty()) summary_.first_problem = report.first_problem;
    if (report.metrics) on_metrics(report);
    folder_.add_round({report.round, in_seconds(report.closed), report.cohort, report.included, report.late,
                       report.refused, report.failed, report.training_loss, report.metrics, totals.device_up_bytes,
                       totals.device_down_bytes, totals.fog_up_bytes, totals.fog_down_bytes, totals.compute_joules,
                       totals.radio_joules, report.scalars});
    progress_.show(report, totals);
  }
  bool interrupted() const override { return cli::interrupted(); }

 private:
  void on_metrics(const RoundReport& report) {
    summary_.metrics = report.metrics;
    if (!summary_.target_accuracy || summary_.target_round || report.metrics->accuracy < *summary_.target_accuracy)
      return;
    summary_.target_round = report.round;
    summary_.target_virtual_seconds = in_seconds(report.closed);
  }

  records::RunFolder& folder_;
  records::Summary& summary_;
  Progress progress_;
};

void add_totals(records::Summary& summary, const sim::Totals& totals) {
  summary.device_up_bytes = totals.device_up_bytes;
  summary.device_down_bytes = totals.device_down_bytes;
  summary.fog_up_bytes = totals.fog_up_bytes;
  summary.fog_down_bytes = totals.fog_down_bytes;
  summary.compute_joules = totals.compute_joules;
  summary.radio_joules = totals.radio_joules;
  summary.included = totals.included;
  summary.late = totals.late;
  summary.refused = totals.refused;
  summary.failed = totals.failed;
}

records::Summary begin_summary(const configs::Document& document, const Context& context, unsigned workers) {
  const auto& federation = document.configuration.federation;
  records::Summary summary;
  summary.name = federation.name;
  summary.seed = federation.seed;
  summary.workers = workers;
  summary.target_accuracy = federation.target_accuracy;
  summary.build = records::describe_build(context.backend->build());
  return summary;
}

}  // namespace

SimulationResult simulate(configs::Document& document, Context& context, unsigned workers, std::filesystem::path out) {
  if (!context.backend) throw RequestError("this build cannot train: it was made with -DBRUME_LEARNING=OFF");
  const auto assembly = federation::assemble(document);
  const auto& federation_section = document.configuration.federation;
  const auto rounds = static_cast<std::uint64_t>(federation_section.rounds);
  if (out.empty()) out = records::fresh_run_path(federation_section.name, federation_section.seed);
  const std::uint64_t needed = assembly.facts.layout->size() * sizeof(float) + rounds * 400 + 100'000;
  records::RunFolder folder(out, needed);
  folder.write_inputs(document.text, configs::to_yaml(configs::resolve(document, context.registry, context.presets)));

  SimulationResult result{begin_summary(document, context, workers), out};
  auto setup = assembly.training_setup(workers);
  setup.interrupted = interrupted;
  const auto started = std::chrono::steady_clock::now();
  {
    Recorder recorder(folder, result.summary, rounds);
    sim::Federation federation(document.configuration, assembly, context.backend->start(setup), recorder);
    federation.run();
    add_totals(result.summary, federation.totals());
    result.summary.virtual_seconds = in_seconds(federation.now());
    result.summary.parameters_sha256 = to_hex(federation.model().digest());
    result.summary.events_sha256 = to_hex(federation.events_digest());
    result.summary.interrupted = interrupted() && result.summary.rounds < rounds;
    result.summary.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    result.summary.peak_rss_bytes = records::peak_rss_bytes();
    folder.finish(result.summary, federation.model());
  }
  return result;
}

std::string to_text(const SimulationResult& result) {
  const auto& s = result.summary;
  std::string text = fmt::format("{} · seed {} · {} rounds in {} ({} of virtual time){}\n", s.name, s.seed, s.rounds,
                                 human_seconds(s.wall_seconds), human_seconds(s.virtual_seconds),
                                 s.interrupted ? " · interrupted" : "");
  if (s.metrics) text += fmt::format("accuracy    {:.4f}, loss {:.4f}", s.metrics->accuracy, s.metrics->loss);
  if (s.metrics && s.target_accuracy)
    text += s.target_round ? fmt::format("; target {} reached in round {} ({} of virtual time)", *s.target_accuracy,
                                         *s.target_round, human_seconds(*s.target_virtual_seconds))
                           : fmt::format("; target {} not reached", *s.target_accuracy);
  if (s.metrics) text += "\n";
  text += fmt::format("bytes       {} up from devices, {} down to them\n",
                      human_bytes(static_cast<double>(s.device_up_bytes)),
                      human_bytes(static_cast<double>(s.device_down_bytes)));
  if (s.fog_up_bytes + s.fog_down_bytes > 0)
    text +=
        fmt::format("fog nodes   {} up from them, {} down to them\n", human_bytes(static_cast<double>(s.fog_up_bytes)),
                    human_bytes(static_cast<double>(s.fog_down_bytes)));
  text += fmt::format("energy      {:.2f} kJ computing, {:.2f} kJ by radio\n", s.compute_joules / 1e3,
                      s.radio_joules / 1e3);
  text +=
      fmt::format("updates     {} included, {} late, {} refused, {} failed\n", s.included, s.late, s.refused, s.failed);
  if (!s.first_problem.empty()) text += fmt::format("problem     {}\n", s.first_problem);
  text += fmt::format("parameters  {}\nevents      {}\n", s.parameters_sha256, s.events_sha256);
  return text +
         fmt::format("results     {} (report.html, rounds.csv, summary.json, model.brume)\n", result.folder.string());
}

}  // namespace brume::cli
