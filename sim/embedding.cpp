#include <fmt/format.h>

#include "brume/error.hpp"
#include "brume/simulation.hpp"
#include "configs/document.hpp"
#include "core/sha256.hpp"
#include "federation/assembly.hpp"
#include "federation/builtin.hpp"
#include "sim/federation.hpp"

namespace brume {

namespace {

constexpr const char* kOwnData = "own_data";

// Data that a program hands over, under a name that the configuration can use.
class OwnDataset final : public Dataset {
 public:
  explicit OwnDataset(std::shared_ptr<const FederatedData> data) : data_(std::move(data)) {}
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override {
    if (request.partition) throw RequestError("data of a program's own are dealt already: leave out the partition");
    return data_;
  }

 private:
  std::shared_ptr<const FederatedData> data_;
};

// A flow map; values stay as they are written, so that a list or a map can be one.
std::string map_of(const OptionTexts& options) {
  std::string text;
  for (const auto& [key, value] : options) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key, value);
  return "{" + text + "}";
}

std::string choice(const std::string& name, const OptionTexts& options) {
  return options.empty() ? name : fmt::format("{{{}: {}}}", name, map_of(options));
}

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

}  // namespace

struct Simulation::Implementation {
  Registry registry = federation::builtin_registry();
  configs::Presets presets;
  std::unique_ptr<LearningBackend> backend = federation::builtin_backend();
  std::shared_ptr<const FederatedData> own_data;
  unsigned workers = 1;
  std::map<std::string, std::string> top{{"model", "logistic"}, {"algorithm", "fedavg"}};
  std::map<std::string, std::string> federation{{"name", "embedded"}, {"rounds", "1"}};
  OptionTexts data;
  std::string partition;
  OptionTexts training;
  std::string optimizer = "sgd";
  std::string uplink, downlink, fog, devices;

  std::string text() const {
    std::string yaml = fmt::format("federation: {}\n", map_of(federation));
    for (const auto& [key, value] : top) yaml += fmt::format("{}: {}\n", key, value);
    auto data_options = data;
    if (!partition.empty()) data_options["partition"] = partition;
    auto training_options = training;
    training_options["optimizer"] = optimizer;
    yaml += fmt::format("data: {}\ntraining: {}\n", map_of(data_options), map_of(training_options));
    yaml += fmt::format("uplink: [{}]\ndownlink: [{}]\n", uplink, downlink);
    return yaml + fmt::format("topology: {{fog: [{}], devices: [{}]}}\n", fog, devices);
  }
};

namespace {

class Listener final : public sim::Observer {
 public:
  explicit Listener(const std::function<bool(const SimulatedRound&)>& on_round) : on_round_(on_round) {}
  void on_round(const RoundReport& report, const sim::Totals& totals) override {
    last_ = {report.round,           in_seconds(report.closed),
             report.included,        report.late,
             report.refused,         report.failed,
             report.training_loss,   report.metrics,
             totals.device_up_bytes, totals.device_down_bytes};
    if (on_round_ && !on_round_(last_)) stopped_ = true;
  }
  bool interrupted() const override { return stopped_; }
  const SimulatedRound& last() const { return last_; }

 private:
  const std::function<bool(const SimulatedRound&)>& on_round_;
  SimulatedRound last_;
  bool stopped_ = false;
};

}  // namespace

Simulation::Simulation() : implementation_(std::make_unique<Implementation>()) {
  if (!implementation_->backend) throw Error("this build of Brume has no LibTorch, so nothing can be trained");
}
Simulation::~Simulation() = default;

Registry& Simulation::registry() { return implementation_->registry; }

Simulation& Simulation::seed(std::uint64_t seed) {
  implementation_->federation["seed"] = std::to_string(seed);
  return *this;
}
Simulation& Simulation::rounds(std::uint64_t rounds) {
  implementation_->federation["rounds"] = std::to_string(rounds);
  return *this;
}
Simulation& Simulation::workers(unsigned workers) {
  implementation_->workers = workers;
  return *this;
}
Simulation& Simulation::evaluate_every(std::uint64_t rounds) {
  implementation_->top["evaluation"] = fmt::format("{{every: {}}}", rounds);
  return *this;
}
Simulation& Simulation::cohort(std::uint64_t devices) {
  implementation_->top["selection"] = fmt::format("{{uniform: {{cohort: {}}}}}", devices);
  return *this;
}
Simulation& Simulation::deadline(const std::string& duration) {
  implementation_->top["deadline"] = duration;
  return *this;
}
Simulation& Simulation::model(const std::string& name, const OptionTexts& options) {
  implementation_->top["model"] = choice(name, options);
  return *this;
}
Simulation& Simulation::data(const std::string& name, const OptionTexts& options) {
  implementation_->data = options;
  implementation_->data["name"] = name;
  return *this;
}
Simulation& Simulation::data(std::shared_ptr<const FederatedData> own) {
  auto& simulation = *implementation_;
  if (!simulation.own_data)
    simulation.registry.add(Dataset::kKind, kOwnData, {"of the program", "–", [&simulation] {
                                                         return std::make_unique<OwnDataset>(simulation.own_data);
                                                       }});
  simulation.own_data = std::move(own);
  return data(kOwnData);
}
Simulation& Simulation::partition(const std::string& name, const OptionTexts& options) {
  implementation_->partition = choice(name, options);
  return *this;
}
Simulation& Simulation::algorithm(const std::string& name, const OptionTexts& options) {
  implementation_->top["algorithm"] = choice(name, options);
  return *this;
}
Simulation& Simulation::optimizer(const std::string& name, const OptionTexts& options) {
  implementation_->optimizer = choice(name, options);
  return *this;
}
Simulation& Simulation::training(const OptionTexts& options) {
  implementation_->training = options;
  return *this;
}
Simulation& Simulation::uplink(const std::string& stage, const OptionTexts& options) {
  append(implementation_->uplink, choice(stage, options));
  return *this;
}
Simulation& Simulation::downlink(const std::string& stage, const OptionTexts& options) {
  append(implementation_->downlink, choice(stage, options));
  return *this;
}
Simulation& Simulation::fog_nodes(std::uint64_t count, const std::string& link) {
  append(implementation_->fog, fmt::format("{{count: {}, link: {}}}", count, link));
  return *this;
}
Simulation& Simulation::devices(std::uint64_t count, const std::string& profile, const std::string& link) {
  append(implementation_->devices, fmt::format("{{count: {}, profile: {}, link: {}}}", count, profile, link));
  return *this;
}

SimulationOutcome Simulation::run(const std::function<bool(const SimulatedRound&)>& on_round) {
  auto& simulation = *implementation_;
  const auto document =
      configs::read_document_text(simulation.text(), "simulation", {}, simulation.registry, simulation.presets);
  const auto assembly = federation::assemble(document);
  auto workers = simulation.backend->start(assembly.training_setup(simulation.workers));
  Listener listener(on_round);
  sim::Federation federation(document.configuration, assembly, std::move(workers), listener);
  federation.run();
  return {listener.last(), federation.model(), to_hex(federation.events_digest())};
}

}  // namespace brume
