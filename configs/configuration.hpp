#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "brume/data.hpp"
#include "brume/local_program.hpp"
#include "brume/model.hpp"
#include "brume/registry.hpp"
#include "brume/selection.hpp"
#include "brume/training.hpp"
#include "core/codec_plan.hpp"

namespace brume::configs {

struct PluginSection {
  std::string path;
  std::vector<std::string> in{"aggregator", "fog", "client"};
  std::string name;     ///< as the plug-in says itself; a file may ask for it
  std::string version;  ///< the same
};

struct FederationSection {
  std::string name = "federation";
  std::int64_t seed = 1;
  std::int64_t rounds = 0;
  std::optional<double> target_accuracy;
  std::optional<double> target_auc;
  std::optional<double> target_loss;
  std::optional<double> target_rmse;

  std::optional<Target> target() const;  ///< the first that is given
  int target_count() const {
    return target_accuracy.has_value() + target_auc.has_value() + target_loss.has_value() + target_rmse.has_value();
  }
};

/// How devices' features differ from each other; all zero: not at all.
struct ShiftSection {
  double rotation = 0;  ///< degrees
  double gain = 0;
  double offset = 0;
  double noise = 0;
  bool any() const { return rotation > 0 || gain > 0 || offset > 0 || noise > 0; }
};

struct DataSection {
  Chosen<Dataset> dataset;
  Chosen<Partition> partition;
  ShiftSection shift;
};

struct TrainingSection {
  std::int64_t epochs = 1;
  std::int64_t steps = 0;
  std::int64_t batch_size = 32;
  double partial_work = 0;  ///< share of tasks that end early
  Chosen<Optimizer> optimizer;
  Chosen<Schedule> schedule;
  std::string loss = "squared";  ///< of a model of numbers
  double quantile = 0.5;
};

struct EvaluationSection {
  std::int64_t every = 1;    ///< rounds
  std::int64_t devices = 0;  ///< that are evaluated on their own examples
  double held_out = 0.2;     ///< share of each device's examples, if any device is
};

struct LinkSection {
  std::string preset;
  double up = 0;                         ///< bit/s, with all framing
  double down = 0;                       ///< bit/s, with all framing
  double latency = 0;                    ///< seconds, one way
  double setup = 0;                      ///< seconds from an idle link to the first bit
  double goodput = 0.94;                 ///< share of the rate that messages get
  double duty_cycle = 1;                 ///< share of time in which it may send
  std::string lora = "none";             ///< LoRaWAN data rate: messages are cut into frames of its airtime
  std::optional<double> transmit_power;  ///< W
  std::optional<double> receive_power;   ///< W
};

/// What the children of a node share on their way to it; unshared by default.
struct CellSection {
  std::string preset;
  std::optional<double> up;            ///< bit/s, a shared link
  std::optional<double> down;          ///< bit/s
  std::optional<double> airtime;       ///< a radio cell: how many channels' time can be in use
  std::optional<double> airtime_down;  ///< the same towards the children, if it is less; not with half_duplex
  std::string fairness = "rate";       ///< of a radio cell: rate | airtime
  bool half_duplex = false;            ///< of a radio cell: both directions share its time
};

struct PowerSection {
  std::optional<double> compute;  ///< W, the whole device
  std::optional<double> idle;     ///< W, awake
  std::optional<double> sleep;    ///< W
};

struct DeviceProfile {
  std::string preset;
  double peak = 0;                         ///< FLOP/s
  double efficiency = 0.1;                 ///< share of the peak that training reaches
  std::optional<double> memory_bandwidth;  ///< B/s
  double memory = 0;                       ///< bytes; 0 if unknown
  double start_up = 0;                     ///< seconds a task
  double noise = 0;                        ///< standard deviation of the logarithm of a task's time
  double straggling = 0;                   ///< share of tasks that are slowed down
  double slowdown = 1;                     ///< of those
  std::string timings;                     ///< file of measured times
  PowerSection power;
};

struct FogTier {
  std::int64_t count = 0;
  LinkSection link;
  bool aggregates = true;  ///< false for gateways and base stations that only pass on
  CellSection cell;
  std::optional<double> deadline;  ///< seconds from when it is asked
};

struct DeviceGroup {
  std::int64_t count = 0;
  DeviceProfile profile;
  LinkSection link;
  bool persistent = true;  ///< keeps state between its tasks

  std::string name;  ///< in results; by default "raspberry-pi-4 on wifi"
};

struct ClientStoreSection {
  double memory = 1e9;  ///< bytes
  std::string spill;    ///< folder; empty for the system's temporary one
};

/// A federation file as typed values; every field has its default. Quantities are in base units (s, B, bit/s, W).
struct Configuration {
  explicit Configuration(const Registry& registry);

  std::vector<PluginSection> plugins;
  FederationSection federation;
  Chosen<Model> model;
  std::string start;  ///< file; empty: fresh parameters
  DataSection data;
  TrainingSection training;
  EvaluationSection evaluation;
  Chosen<Algorithm> algorithm;
  Chosen<SelectionPolicy> selection;
  std::optional<double> deadline;  ///< seconds
  CodecPlan uplink;
  CodecPlan downlink;
  CodecPlan fog_uplink;  ///< [exact] by default
  ClientStoreSection client_store;
  LinkSection cloud_link;
  std::vector<FogTier> fog;
  std::vector<DeviceGroup> devices;

  std::uint64_t device_count() const;
  const DeviceGroup& group_of(DeviceIndex device) const;  ///< device < device_count()
  bool fog_uplink_is_exact() const {
    return fog_uplink.is_chain() && fog_uplink.chain.size() == 1 && fog_uplink.chain.front().name == "exact";
  }

  /// Gives groups of devices that have no name one of their presets.
  void name_groups();

  /// The one declaration of all keys: read, shown, described in the schema and in the reference from here.
  void declare(Options& options, const Registry& registry);
  /// Of these, what a node without models and data must know to combine updates.
  void declare_combining(Options& options, const Registry& registry);

 private:
  void declare_learning(Options& options, const Registry& registry);
  void declare_protocol(Options& options, const Registry& registry);
};

}  // namespace brume::configs
