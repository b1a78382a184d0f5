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

namespace brume::configs {

struct FederationSection {
  std::string name = "federation";
  std::int64_t seed = 1;
  std::int64_t rounds = 0;
  std::optional<double> target_accuracy;
};

struct DataSection {
  Chosen<Dataset> dataset;
  Chosen<Partition> partition;
};

struct TrainingSection {
  std::int64_t epochs = 1;
  std::int64_t steps = 0;
  std::int64_t batch_size = 32;
  Chosen<Optimizer> optimizer;
};

struct LinkSection {
  std::string preset;
  double up = 0;              ///< bit/s
  double down = 0;            ///< bit/s
  double latency = 0;         ///< seconds, one way
  double transmit_power = 0;  ///< W while sending
  double receive_power = 0;   ///< W while receiving
};

struct DeviceProfile {
  std::string preset;
  double training_speed = 0;  ///< FLOP/s that training reaches
  double memory = 0;          ///< bytes
  double compute_power = 0;   ///< W while training
};

struct FogTier {
  std::int64_t count = 0;
  LinkSection link;
  std::optional<double> deadline;  ///< seconds from when it is asked
};

struct DeviceGroup {
  std::int64_t count = 0;
  DeviceProfile profile;
  LinkSection link;
  bool persistent = true;  ///< keeps state between its tasks
};

struct UplinkSection {
  std::vector<Chosen<Stage>> chain;
  bool error_feedback = true;
};

struct ClientStoreSection {
  double memory = 1e9;  ///< bytes
  std::string spill;    ///< folder; empty for the system's temporary one
};

/// A federation file as typed values; every field has its default. Quantities are in base units (s, B, bit/s, W).
struct Configuration {
  explicit Configuration(const Registry& registry);

  FederationSection federation;
  Chosen<Model> model;
  DataSection data;
  TrainingSection training;
  std::int64_t evaluate_every = 1;
  Chosen<Algorithm> algorithm;
  Chosen<SelectionPolicy> selection;
  std::optional<double> deadline;  ///< seconds
  UplinkSection uplink;
  std::vector<Chosen<Stage>> downlink;
  std::vector<Chosen<Stage>> fog_uplink;  ///< [exact] by default
  ClientStoreSection client_store;
  LinkSection cloud_link;
  std::vector<FogTier> fog;
  std::vector<DeviceGroup> devices;

  std::uint64_t device_count() const;
  bool fog_uplink_is_exact() const { return fog_uplink.size() == 1 && fog_uplink.front().name == "exact"; }

  /// The one declaration of all keys: read, shown, described in the schema and in the reference from here.
  void declare(Options& options, const Registry& registry);
};

}  // namespace brume::configs
