#include "cli/simulation.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "brume/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/round_notes.hpp"
#include "cli/timeline.hpp"
#include "core/archive.hpp"
#include "core/human.hpp"
#include "core/sha256.hpp"
#include "federation/assembly.hpp"
#include "messages/describe.hpp"
#include "records/checkpoint.hpp"
#include "records/run_folder.hpp"
#include "sim/federation.hpp"
#include "sim/surrogate.hpp"

namespace brume::cli {

namespace {

constexpr auto kBetweenCheckpoints = std::chrono::seconds(60);

// Writes each round down and shows it, and the whole run now and then.
class Recorder final : public sim::Observer {
 public:
  Recorder(records::RunFolder& folder, records::Summary& summary, std::uint64_t rounds, std::string resolved,
           Timeline* timeline)
      : folder_(folder),
        summary_(summary),
        progress_(rounds),
        resolved_(std::move(resolved)),
        timeline_(timeline),
        wall_seconds_before_(summary.wall_seconds) {}

  void watch(sim::Federation& federation) { federation_ = &federation; }

  void on_round(const RoundReport& report, const sim::Totals& totals) override {
    const double seconds = in_seconds(report.closed);
    note(report, seconds, summary_);
    auto row = row_of(report, seconds);
    row.on_devices = std::exchange(on_devices_, std::nullopt);
    if (row.on_devices) summary_.on_devices = row.on_devices;
    row.device_up_bytes = totals.device_up_bytes;
    row.device_down_bytes = totals.device_down_bytes;
    row.fog_up_bytes = totals.fog_up_bytes;
    row.fog_down_bytes = totals.fog_down_bytes;
    row.compute_joules = totals.compute_joules;
    row.radio_joules = totals.radio_joules;
    row.idle_joules = totals.idle_joules;
    row.sleep_joules = totals.sleep_joules;
    row.device_joules = device_joules();
    folder_.add_round(std::move(row));
    if (timeline_) timeline_->add(report);
    const auto moved = static_cast<double>(totals.device_up_bytes + totals.device_down_bytes);
    progress_.show(report, {"virtual " + human_seconds(in_seconds(report.closed)), human_bytes(moved) + " moved"});
  }
  void on_devices_evaluated(const DeviceMetrics& metrics) override { on_devices_ = metrics; }
  void on_span(const sim::Span& span) override {
    if (timeline_) timeline_->add(span);
  }
  void between_events() override {
    if (Clock::now() - saved_ >= kBetweenCheckpoints) save();
  }
  bool interrupted() const override { return cli::interrupted(); }

  void save() {
    summary_.wall_seconds = wall_seconds();
    ArchiveWriter archive;
    archive(summary_, folder_.rounds());
    federation_->save(archive);
    records::write_checkpoint(folder_.path(), resolved_, archive.take());
    saved_ = Clock::now();
  }
  double wall_seconds() const {
    return wall_seconds_before_ + std::chrono::duration<double>(Clock::now() - started_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<double> device_joules() const {
    std::vector<double> joules;
    for (const auto& group : federation_->energy())
      joules.insert(joules.end(), group.joules.begin(), group.joules.end());
    return joules;
  }

  records::RunFolder& folder_;
  records::Summary& summary_;
  Progress progress_;
  std::string resolved_;
  Timeline* timeline_;
  double wall_seconds_before_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point saved_ = Clock::now();
  sim::Federation* federation_ = nullptr;
  std::optional<DeviceMetrics> on_devices_;  // of the round that is about to be reported
};

void add_totals(records::Summary& summary, const sim::Totals& totals) {
  summary.device_up_bytes = totals.device_up_bytes;
  summary.device_down_bytes = totals.device_down_bytes;
  summary.fog_up_bytes = totals.fog_up_bytes;
  summary.fog_down_bytes = totals.fog_down_bytes;
  summary.compute_joules = totals.compute_joules;
  summary.radio_joules = totals.radio_joules;
  summary.idle_joules = totals.idle_joules;
  summary.sleep_joules = totals.sleep_joules;
  summary.included = totals.included;
  summary.late = totals.late;
  summary.refused = totals.refused;
  summary.failed = totals.failed;
}

void add_devices(records::Summary& summary, const configs::Configuration& configuration,
                 const federation::Assembly& assembly, const std::vector<sim::GroupEnergy>& energies) {
  for (std::size_t i = 0; i < energies.size(); ++i) {
    const auto& group = configuration.devices[i];
    records::DeviceClass one{group.name, static_cast<std::uint64_t>(group.count), assembly.timings[i].source, {}};
    for (std::size_t state = 0; state < sim::kPowerStates; ++state) {
      const auto what = static_cast<sim::PowerState>(state);
      const bool radio = what == sim::PowerState::transmit || what == sim::PowerState::receive;
      const bool known = (radio ? group.link.transmit_power : group.profile.power.compute).has_value();
      one.states.push_back({std::string(sim::to_string(what)), energies[i].seconds[state],
                            known ? std::optional(energies[i].joules[state]) : std::nullopt});
    }
    summary.devices.push_back(std::move(one));
  }
}

records::Summary begin_summary(const configs::Document& document, const LearningBackend& backend, unsigned workers) {
  const auto& federation = document.configuration.federation;
  records::Summary summary;
  summary.name = federation.name;
  summary.seed = federation.seed;
  summary.workers = workers;
  summary.target = federation.target();
  summary.build = records::describe_build(backend.build());
  return summary;
}

// What a run leaves behind when it ends or is interrupted.
void finish(records::RunFolder& folder, records::Summary& summary, const sim::Federation& federation,
            const configs::Configuration& configuration, const federation::Assembly& assembly) {
  const auto rounds = static_cast<std::uint64_t>(configuration.federation.rounds);
  add_totals(summary, federation.totals());
  add_devices(summary, configuration, assembly, federation.energy());
  summary.virtual_seconds = in_seconds(federation.now());
  summary.parameters_sha256 = to_hex(federation.model().digest());
  summary.events_sha256 = to_hex(federation.events_digest());
  summary.interrupted = interrupted() && summary.rounds < rounds;
  summary.peak_rss_bytes = records::peak_rss_bytes();
  folder.finish(summary, federation.model());
}

// Before anything is made. A run's own folder may not be there yet.
void require_place_for_trace(const std::filesystem::path& trace, const std::filesystem::path& run_folder) {
  const auto folder = trace.has_parent_path() ? trace.parent_path() : std::filesystem::path(".");
  if (std::filesystem::is_directory(folder) && !std::filesystem::is_directory(trace)) return;
  if (!run_folder.empty() && folder.lexically_normal() == run_folder.lexically_normal()) return;
  throw RequestError(fmt::format("cannot write to {}: {}", trace.string(),
                                 std::filesystem::is_directory(trace) ? "it is a folder" : "its folder is not there"));
}

// The folder of a new run, or that of one to go on with, whose state `checkpoint` then has.
std::unique_ptr<records::RunFolder> open_folder(const SimulationRequest& request, const configs::Document& document,
                                                const std::string& resolved, std::uint64_t bytes,
                                                records::Summary& summary, std::optional<ArchiveReader>& checkpoint,
                                                Bytes& state) {
  if (!request.resume) {
    auto folder = std::make_unique<records::RunFolder>(request.folder, bytes);
    folder->write_inputs(document.text, resolved);
    return folder;
  }
  state = records::read_checkpoint(request.folder, resolved);
  checkpoint.emplace(state);
  std::vector<records::RoundRow> rounds;
  (*checkpoint)(summary, rounds);
  return std::make_unique<records::RunFolder>(request.folder, std::move(rounds));
}

}  // namespace

SimulationResult simulate(configs::Document& document, Context& context, SimulationRequest request) {
  const auto assembly = federation::assemble(document);
  const auto surrogate = sim::surrogate_backend();
  const LearningBackend* backend = assembly.is_stand_in() ? surrogate.get() : context.backend.get();
  if (!backend)
    throw RequestError("this build cannot train: it was made with -DBRUME_LEARNING=OFF; model 'surrogate' needs none");
  const auto& section = document.configuration.federation;
  const auto rounds = static_cast<std::uint64_t>(section.rounds);
  if (request.trace) require_place_for_trace(*request.trace, request.folder);
  if (request.folder.empty()) request.folder = records::fresh_run_path(section.name, section.seed);
  const std::uint64_t needed = assembly.facts.layout->size() * sizeof(float) +
                               rounds * (400 + 320 * document.configuration.devices.size()) + 100'000;
  const auto resolved = configs::to_yaml(configs::resolve(document, context.registry, context.presets));

  SimulationResult result{begin_summary(document, *backend, request.workers), request.folder};
  std::optional<ArchiveReader> checkpoint;
  Bytes state;
  const auto folder = open_folder(request, document, resolved, needed, result.summary, checkpoint, state);
  std::optional<Timeline> timeline;
  if (request.trace) timeline.emplace(*request.trace);
  auto setup = assembly.training_setup(request.workers);
  setup.interrupted = interrupted;
  Recorder recorder(*folder, result.summary, rounds, resolved, timeline ? &*timeline : nullptr);
  sim::Federation federation(document.configuration, assembly, backend->start(setup), recorder);
  recorder.watch(federation);
  if (checkpoint) federation.load(*checkpoint);
  federation.run();
  if (!federation.finished()) recorder.save();
  result.summary.wall_seconds = recorder.wall_seconds();
  finish(*folder, result.summary, federation, document.configuration, assembly);
  if (timeline) timeline->finish();
  return result;
}

std::string to_text(const SimulationResult& result) {
  const auto& s = result.summary;
  std::string text = fmt::format("{} · seed {} · {} rounds in {} ({} of virtual time){}\n", s.name, s.seed, s.rounds,
                                 human_seconds(s.wall_seconds), human_seconds(s.virtual_seconds),
                                 s.interrupted ? " · interrupted" : "");
  if (s.metrics) text += describe(*s.metrics);
  if (s.metrics && s.target)
    text += s.target_round ? fmt::format("; target {} reached in round {} ({} of virtual time)", s.target->value,
                                         *s.target_round, human_seconds(*s.target_virtual_seconds))
                           : fmt::format("; target {} {} not reached", s.target->metric, s.target->value);
  if (s.metrics) text += "\n";
  if (s.on_devices) text += fmt::format("on devices  {}\n", records::describe(*s.on_devices));
  text += fmt::format("bytes       {} up from devices, {} down to them\n",
                      human_bytes(static_cast<double>(s.device_up_bytes)),
                      human_bytes(static_cast<double>(s.device_down_bytes)));
  if (s.fog_up_bytes + s.fog_down_bytes > 0)
    text +=
        fmt::format("fog nodes   {} up from them, {} down to them\n", human_bytes(static_cast<double>(s.fog_up_bytes)),
                    human_bytes(static_cast<double>(s.fog_down_bytes)));
  text += fmt::format("energy      {} computing, {} by radio, {} waiting, {} asleep\n", human_joules(s.compute_joules),
                      human_joules(s.radio_joules), human_joules(s.idle_joules), human_joules(s.sleep_joules));
  text +=
      fmt::format("updates     {} included, {} late, {} refused, {} failed\n", s.included, s.late, s.refused, s.failed);
  if (s.interrupted) text += fmt::format("go on with  brume simulate --resume {}\n", result.folder.string());
  if (!s.first_problem.empty()) text += fmt::format("problem     {}\n", s.first_problem);
  text += fmt::format("parameters  {}\nevents      {}\n", s.parameters_sha256, s.events_sha256);
  return text +
         fmt::format("results     {} (report.html, rounds.csv, summary.json, model.brume)\n", result.folder.string());
}

}  // namespace brume::cli
