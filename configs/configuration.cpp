#include "configs/configuration.hpp"

#include <fmt/format.h>

#include <map>

#include "configs/codec.hpp"
#include "configs/list_of.hpp"

namespace brume::configs {

namespace {

constexpr double kMostDevices = 100e6;
constexpr Range kRates{0, 1e15, true};            // bit/s
constexpr Range kTimes = Range::between(0, 1e9);  // seconds

void declare_link(Options& o, LinkSection& link) {
  o.quantity({"up", "rate towards the cloud, with all framing", true}, Unit::bits_per_second, link.up, kRates);
  o.quantity({"down", "rate from the cloud, with all framing", true}, Unit::bits_per_second, link.down, kRates);
  o.quantity({"latency", "time that a byte travels, one way"}, Unit::seconds, link.latency, kTimes);
  o.quantity({"setup", "time from an idle link to the first bit, as a radio takes to connect"}, Unit::seconds,
             link.setup, kTimes);
  o.number({"goodput", "share of the rate that messages get: 0.94 is left by Ethernet, IP, TCP and TLS"}, link.goodput,
           {0, 1, true});
  o.number({"duty_cycle", "share of time in which it may send"}, link.duty_cycle, {0, 1, true});
  o.word({"lora", "LoRaWAN data rate in EU868: messages travel as frames, each with its airtime"}, link.lora,
         {"none", "DR0", "DR1", "DR2", "DR3", "DR4", "DR5"});
  o.quantity_or_none({"transmit_power", "drawn while sending, beside what the device draws"}, Unit::watts,
                     link.transmit_power, Range::at_least(0));
  o.quantity_or_none({"receive_power", "drawn while receiving, beside what the device draws"}, Unit::watts,
                     link.receive_power, Range::at_least(0));
}

void declare_cell(Options& o, CellSection& cell) {
  o.quantity_or_none({"up", "rate of a link that its children share towards it"}, Unit::bits_per_second, cell.up);
  o.quantity_or_none({"down", "rate of a link that its children share from it"}, Unit::bits_per_second, cell.down);
  o.number_or_none({"airtime", "of a radio cell instead of rates: how many channels' time can be in use"}, cell.airtime,
                   {0, 1000, true});
  o.number_or_none({"airtime_down", "the same towards the children; none for as much"}, cell.airtime_down,
                   {0, 1000, true});
  o.word({"fairness", "of a radio cell: all get equal rates, as in Wi-Fi, or equal time, as in LTE"}, cell.fairness,
         {"rate", "airtime"});
  o.flag({"half_duplex", "of a radio cell: both directions share its time"}, cell.half_duplex);
}

void declare_power(Options& o, PowerSection& power) {
  o.quantity_or_none({"compute", "while training"}, Unit::watts, power.compute, Range::at_least(0));
  o.quantity_or_none({"idle", "awake, while waiting and while its radio works"}, Unit::watts, power.idle,
                     Range::at_least(0));
  o.quantity_or_none({"sleep", "while it has no task"}, Unit::watts, power.sleep, Range::at_least(0));
}

void declare_profile(Options& o, DeviceProfile& profile) {
  o.quantity({"peak", "floating-point operations per second at best", true}, Unit::flops_per_second, profile.peak,
             Range::above(0));
  o.number({"efficiency", "share of the peak that training reaches"}, profile.efficiency, {0, 1, true});
  o.quantity_or_none({"memory_bandwidth", "limits training as the peak does; none leaves it out"},
                     Unit::bytes_per_second, profile.memory_bandwidth);
  o.quantity({"memory", "for weights, gradients, optimizer, activations and codec; 0 if unknown"}, Unit::bytes,
             profile.memory);
  o.quantity({"start_up", "of a task before its first step"}, Unit::seconds, profile.start_up, kTimes);
  o.number({"noise", "standard deviation of the logarithm of a task's training time"}, profile.noise,
           Range::between(0, 5));
  o.number({"straggling", "share of tasks that something else slows down"}, profile.straggling, Range::between(0, 1));
  o.number({"slowdown", "how many times slower those are"}, profile.slowdown, Range::between(1, 1e6));
  o.path({"timings", "times measured by 'brume bench device', used instead of the peak for the models that it has"},
         profile.timings);
  o.section({"power", "of the device in each state; all or none, and then those of its link too"},
            [&](Options& inner) { declare_power(inner, profile.power); });
}

void declare_fog_tier(Options& o, FogTier& tier) {
  o.integer({"count", "fog nodes of this tier", true}, tier.count, Range::between(1, 1e6));
  o.preset({"link", "to the tier above, a preset or a map", true}, "link", tier.link.preset,
           [&](Options& inner) { declare_link(inner, tier.link); });
  o.flag({"aggregates", "combines updates; false for gateways and base stations that only pass messages on"},
         tier.aggregates);
  o.preset({"cell", "what its children share on their way to it, a preset or a map"}, "cell", tier.cell.preset,
           [&](Options& inner) { declare_cell(inner, tier.cell); });
  o.quantity_or_none(
      {"deadline", "of a partial, from when it is asked for; none leaves a tenth of the parent's to travel"},
      Unit::seconds, tier.deadline);
}

void declare_devices(Options& o, DeviceGroup& group) {
  o.integer({"count", "devices of this group", true}, group.count, Range::between(1, kMostDevices));
  o.preset({"profile", "compute and power, a preset or a map", true}, "device", group.profile.preset,
           [&](Options& inner) { declare_profile(inner, group.profile); });
  o.preset({"link", "to the lowest tier, a preset or a map", true}, "link", group.link.preset,
           [&](Options& inner) { declare_link(inner, group.link); });
  o.text({"name", "in results; by default the presets' names"}, group.name);
  o.flag({"persistent", "keeps state between its tasks, as error feedback needs"}, group.persistent);
}

void declare_plugin(Options& o, PluginSection& plugin) {
  o.path({"path", "shared object, built against this program"}, plugin.path);
  o.texts({"in", "which nodes of a deployed federation need it: aggregator, fog, client"}, plugin.in);
  o.text({"name", "that the plug-in must have; by default any"}, plugin.name);
  o.text({"version", "that it must have; by default any"}, plugin.version);
}

void declare_client_store(Options& o, ClientStoreSection& store) {
  o.quantity({"memory", "for the states of a simulation's devices; what is used least goes to disk"}, Unit::bytes,
             store.memory, Range::between(0, 1e15));
  o.path({"spill", "folder of what goes to disk; empty for the system's temporary one"}, store.spill);
}

void declare_federation(Options& o, FederationSection& federation) {
  o.text({"name", "names the run"}, federation.name);
  o.integer({"seed", "of all random numbers"}, federation.seed, Range::between(0, 9.007199254740992e15));
  o.integer({"rounds", "aggregations to run", true}, federation.rounds, Range::between(1, 1e9));
  o.section({"target", "what to report the first reaching of"}, [&](Options& target) {
    target.number_or_none({"accuracy", "test accuracy"}, federation.target_accuracy, Range::between(0, 1));
    target.number_or_none({"auc", "area under the ROC curve of a search for anomalies"}, federation.target_auc,
                          Range::between(0, 1));
    target.number_or_none({"loss", "test loss"}, federation.target_loss, Range::at_least(0));
    target.number_or_none({"rmse", "root mean square error of a regression"}, federation.target_rmse,
                          Range::at_least(0));
  });
}

void declare_shift(Options& o, ShiftSection& shift) {
  o.number({"rotation", "of images: deviation of a device's angle, in degrees"}, shift.rotation,
           Range::between(0, 180));
  o.number({"gain", "deviation of the logarithm of a device's factor"}, shift.gain, Range::between(0, 5));
  o.number({"offset", "deviation of what a device adds to every feature"}, shift.offset, Range::between(0, 1e6));
  o.number({"noise", "most that a device's white noise deviates; each draws its own up to there"}, shift.noise,
           Range::between(0, 1e6));
}

void declare_training(Options& o, TrainingSection& training, const Registry& registry) {
  o.integer({"epochs", "passes over a device's data"}, training.epochs, Range::between(1, 1e6));
  o.integer({"steps", "if above 0: so many batches instead of epochs"}, training.steps, Range::between(0, 1e9));
  o.integer({"batch_size", "examples a step"}, training.batch_size, Range::between(1, 1e6));
  o.number({"partial_work", "share of tasks that end after a part of their epochs or steps, drawn evenly"},
           training.partial_work, Range::between(0, 1));
  ChoiceOf<Optimizer> optimizer(training.optimizer, registry);
  o.choice({"optimizer", "of the devices"}, optimizer);
  ChoiceOf<Schedule> schedule(training.schedule, registry);
  o.choice({"schedule", "of the optimizer's learning rate over the rounds"}, schedule);
  o.section(
      {"loss", "of a model of numbers; a classifier's is the cross-entropy"},
      [&](Options& loss) {
        loss.word({"kind", "what is made small"}, training.loss, {"squared", "absolute", "quantile"});
        loss.number({"level", "of the quantile"}, training.quantile, Range::between(0, 1));
      },
      "kind");
}

}  // namespace

std::optional<Target> FederationSection::target() const {
  if (target_accuracy) return Target{"accuracy", *target_accuracy};
  if (target_auc) return Target{"auc", *target_auc};
  if (target_loss) return Target{"loss", *target_loss, true};
  if (target_rmse) return Target{"rmse", *target_rmse, true};
  return std::nullopt;
}

Configuration::Configuration(const Registry& registry)
    : algorithm(Chosen<Algorithm>::make(registry, "fedavg")),
      selection(Chosen<SelectionPolicy>::make(registry, "uniform")),
      fog_uplink{.chain = {Chosen<Stage>::make(registry, "exact")}} {
  downlink.error_feedback = fog_uplink.error_feedback = false;  // only devices keep what a frame leaves out
  training.optimizer = Chosen<Optimizer>::make(registry, "sgd");
  training.schedule = Chosen<Schedule>::make(registry, "constant");
  cloud_link.up = cloud_link.down = 10e9;
}

// Groups of the same presets are told apart by a number.
void Configuration::name_groups() {
  const auto preset = [](const std::string& name, const char* own) { return name.empty() ? own : name; };
  std::map<std::string, int> uses;
  for (auto& group : devices) {
    if (!group.name.empty()) continue;
    group.name = preset(group.profile.preset, "own profile") + " on " + preset(group.link.preset, "own link");
    if (const int use = ++uses[group.name]; use > 1) group.name += fmt::format(" #{}", use);
  }
}

std::uint64_t Configuration::device_count() const {
  std::uint64_t total = 0;
  for (const auto& group : devices) total += static_cast<std::uint64_t>(group.count);
  return total;
}

const DeviceGroup& Configuration::group_of(DeviceIndex device) const {
  auto group = devices.begin();
  for (; device >= static_cast<std::uint64_t>(group->count); ++group)
    device -= static_cast<std::uint64_t>(group->count);
  return *group;
}

void Configuration::declare(Options& o, const Registry& registry) {
  o.sections({"plugins", "shared objects with components of other projects"}, list_of(plugins, declare_plugin));
  o.section({"federation", "the run as a whole", true}, [&](Options& inner) { declare_federation(inner, federation); });
  declare_learning(o, registry);
  declare_protocol(o, registry);
  o.section({"client_store", "where a simulation keeps its devices' states"},
            [&](Options& inner) { declare_client_store(inner, client_store); });
}

void Configuration::declare_combining(Options& o, const Registry& registry) {
  o.sections({"plugins", "shared objects with components of other projects"}, list_of(plugins, declare_plugin));
  o.section({"federation", "the run as a whole", true}, [&](Options& inner) { declare_federation(inner, federation); });
  declare_protocol(o, registry);
}

void Configuration::declare_learning(Options& o, const Registry& registry) {
  ChoiceOf<Model> model_choice(model, registry);
  o.choice({"model", "what is trained", true}, model_choice);
  o.section({"start", "what the model starts from; by default values drawn by the seed"}, [&](Options& inner) {
    inner.path({"file", "a model, as a run leaves it or 'brume model init' makes it"}, start);
  });
  o.section({"data", "what it is trained on", true}, [&](Options& inner) {
    ChoiceOf<Dataset> dataset(data.dataset, registry);
    inner.inline_choice({"name", "the data set", true}, dataset);
    ChoiceOf<Partition> partition(data.partition, registry);
    inner.choice({"partition", "how it is dealt to devices"}, partition);
    inner.section({"shift", "how devices' features differ, drawn for each; tests stay as they are"},
                  [&](Options& shift) { declare_shift(shift, data.shift); });
  });
  o.section({"training", "on the devices"}, [&](Options& inner) { declare_training(inner, training, registry); });
  o.section({"evaluation", "on the test examples, and on devices"}, [&](Options& inner) {
    inner.integer({"every", "rounds between evaluations; the last round is always evaluated"}, evaluation.every,
                  Range::between(1, 1e9));
    inner.integer({"devices", "how many devices are evaluated on examples that they keep back; simulated only"},
                  evaluation.devices, Range::between(0, 1e9));
    inner.number({"held_out", "share of its examples that a device keeps back, if any device is evaluated"},
                 evaluation.held_out, Range::between(0.01, 0.9));
  });
}

void Configuration::declare_protocol(Options& o, const Registry& registry) {
  ChoiceOf<Algorithm> algorithm_choice(algorithm, registry);
  o.choice({"algorithm", "what devices run and how the server combines it"}, algorithm_choice);
  ChoiceOf<SelectionPolicy> selection_choice(selection, registry);
  o.choice({"selection", "who takes part in a round", true}, selection_choice);
  o.quantity_or_none({"deadline", "of a round; none waits for every selected device"}, Unit::seconds, deadline);
  declare_uplink(o, uplink, registry);
  declare_stateless(o,
                    {"fog_uplink", "codec of the fog nodes' partial sums: exact, or a list of stages, which is lossy"},
                    fog_uplink, registry);
  declare_downlink(o, downlink, registry);
  o.section({"topology", "cloud, fog tiers, devices", true}, [&](Options& topology) {
    topology.section({"cloud", "the aggregator"}, [&](Options& cloud) {
      cloud.preset({"link", "of the aggregator, a preset or a map"}, "link", cloud_link.preset,
                   [&](Options& link) { declare_link(link, cloud_link); });
    });
    topology.sections({"fog", "tiers of fog nodes, cloud downwards; [] is a flat fleet"},
                      list_of(fog, declare_fog_tier));
    topology.sections({"devices", "groups of devices, numbered in this order", true},
                      list_of(devices, declare_devices));
  });
}

}  // namespace brume::configs
