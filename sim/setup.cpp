// How a simulated federation is put together, reports, is put down and taken up again.
#include <tuple>

#include "brume/error.hpp"
#include "messages/describe.hpp"
#include "sim/federation.hpp"
#include "sim/shared_ranks.hpp"

namespace brume::sim {

namespace {

// The devices below one fog node.
class Below final : public Population {
 public:
  Below(NodeId node, const Tree& tree, std::shared_ptr<const Fleet> fleet)
      : node_(node), tree_(tree), fleet_(std::move(fleet)) {}
  std::uint64_t size() const override { return fleet_->size(); }
  bool available(DeviceIndex device) const override {
    return tree_.lowest_above(device) == node_ && fleet_->available(device);
  }

 private:
  NodeId node_;
  const Tree& tree_;
  std::shared_ptr<const Fleet> fleet_;
};

std::shared_ptr<client::ClientStore> make_store(const configs::Configuration& configuration,
                                                const federation::Assembly& assembly) {
  const auto memory = static_cast<std::uint64_t>(configuration.client_store.memory);
  return std::make_shared<client::ClientStore>(memory, assembly.spill_folder);
}

}  // namespace

Federation::Federation(const configs::Configuration& configuration, const federation::Assembly& assembly,
                       LearningBackend::Workers workers, Observer& observer)
    : assembly_(assembly),
      tree_(configuration.fog),
      fleet_(std::make_shared<const Fleet>(configuration.devices)),
      workers_(std::move(workers)),
      observer_(observer),
      history_(assembly.make_history(compression::ModelHistory::Keeps::all)),
      receiver_(std::make_shared<client::ModelReceiver>(assembly.downlink, assembly.facts.layout, 4, history_)),
      store_(make_store(configuration, assembly)),
      client_setup_(client_setup()),
      selection_(std::make_shared<const SharedRanks>(assembly.selection)),
      aggregator_(cloud_setup(configuration), assembly.initial_model()),
      energy_(configuration.devices),
      network_(
          configuration.cloud_link, *fleet_, tree_, queue_, totals_, energy_,
          [this](const Message& message) { return measure(message); }, [this](const Span& span) { on_span(span); }),
      device_evaluation_(assembly, static_cast<std::uint64_t>(configuration.evaluation.devices)) {
  add_fog_nodes();
}

std::shared_ptr<const client::Setup> Federation::client_setup() const {
  const auto& layout = assembly_.facts.layout;
  client::Setup setup{receiver_, store_, assembly_.uplink, assembly_.algorithm->vectors(layout),
                      assembly_.algorithm->broadcast(layout)};
  if (assembly_.meets_deadline)
    setup.pace = [this](const TaskId& task) {
      const auto& link = fleet_->group_of(task.device).link;
      return client::Pace{training_time(task), federation::bytes_per_second(link, Direction::up),
                          duration_from_seconds(link.latency)};
    };
  return std::make_shared<const client::Setup>(std::move(setup));
}

// Its history of models is everybody's, as versions are the same everywhere.
aggregator::Setup Federation::cloud_setup(const configs::Configuration& configuration) const {
  auto setup = assembly_.aggregator_setup(configuration, fleet_, tree_.children_role(NodeId::cloud()));
  setup.history = history_;
  return setup;
}

void Federation::add_fog_nodes() {
  for (std::uint64_t i = 0; i < tree_.fog_nodes(); ++i) {
    const NodeId self = NodeId::fog(i);
    auto setup =
        assembly_.fog_setup(tree_, self, tree_.parent_of(self), std::make_shared<const Below>(self, tree_, fleet_));
    setup.selection = selection_;  // shared by all, as is the receiver
    setup.receiver = receiver_;
    setup.history = history_;
    fog_nodes_.emplace_back(std::move(setup));
  }
}

// ---- Accounts ------------------------------------------------------------------------------------------------------

void Federation::report(const RoundReport& round) {
  totals_.included += round.included;
  totals_.late += round.late;
  totals_.refused += round.refused;
  totals_.failed += round.failed;
  energy_.add_up(now_, totals_);
  log_.record(now_, EventLog::What::closed, NodeId::cloud(), {round.round, 0, 0}, round.included);
  observer_.on_round(round, totals_);
}

// ---- Checkpoints --------------------------------------------------------------------------------------------------

template <class Archive>
void Federation::Training::describe(Archive& archive) {
  archive(device, token, task, started);
}

template <class Archive>
void Federation::describe(Archive& archive) {
  archive(started_, finished_, now_, queue_, totals_, network_, on_their_way_, trainings_, last_training_, evaluations_,
          log_, *store_, device_evaluation_);
  std::map<DeviceIndex, std::pair<std::vector<std::uint64_t>, Time>> taking_part;
  for (const auto& [index, device] : devices_) taking_part[index] = {device.work, device.busy_until};
  archive(taking_part);
  for (const auto& [index, books] : taking_part) {
    auto& one = device(index);
    std::tie(one.work, one.busy_until) = books;
    archive(one.client);
  }
  archive(energy_);  // after the devices, whose making it counts
}

// Measured times are an input beside the configuration: a run goes on with those that it began with, or not at all.
void Federation::save(ArchiveWriter& archive) {
  std::vector<std::pair<double, double>> times;
  for (const auto& timing : assembly_.timings) times.emplace_back(timing.start_up, timing.step);
  archive(times);
  aggregator_.save(archive);
  for (auto& fog : fog_nodes_) fog.save(archive);
  describe(archive);
}

void Federation::load(ArchiveReader& archive) {
  std::vector<std::pair<double, double>> times;
  archive(times);
  for (std::size_t i = 0; i < assembly_.timings.size(); ++i)
    if (i >= times.size() || times[i] != std::pair(assembly_.timings[i].start_up, assembly_.timings[i].step))
      throw RequestError("the measured training times have changed since this run began; put the table back as it was");
  aggregator_.load(archive);
  for (auto& fog : fog_nodes_) fog.load(archive);
  describe(archive);
  for (const auto& [index, device] : devices_)
    for (auto& job : device.client.under_way()) workers_.trainer->submit(std::move(job.job));
}

}  // namespace brume::sim
