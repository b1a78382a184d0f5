#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/data.hpp"
#include "brume/model.hpp"
#include "brume/registry.hpp"
#include "brume/training.hpp"

namespace brume {

/// A component's options, as a configuration would write them: {{"learning_rate", "0.1"}}.
using OptionTexts = std::map<std::string, std::string>;

/// One round of a simulation; bytes are counted from the start.
struct SimulatedRound {
  std::uint64_t round = 0;
  double virtual_seconds = 0;
  std::uint64_t included = 0, late = 0, refused = 0, failed = 0;
  double training_loss = 0;
  std::optional<Metrics> metrics;  ///< of rounds that are evaluated
  std::uint64_t device_up_bytes = 0, device_down_bytes = 0;
};

struct SimulationOutcome {
  SimulatedRound last;
  Parameters model;
  std::string events_sha256;  ///< equal for equal runs, whatever the number of workers
};

/// A federation in virtual time, built and run from a program: what `brume simulate` does, without a file. Names are
/// those of `brume list`; options those of docs/reference/configuration.md. Each setter returns the simulation; what
/// does not fit is thrown by run() as RequestError. Link brume::simulation. One thread at a time.
class Simulation {
 public:
  /// Throws Error in a build without LibTorch.
  Simulation();
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// For components of one's own, which the setters can then name.
  Registry& registry();

  Simulation& seed(std::uint64_t seed);
  Simulation& rounds(std::uint64_t rounds);
  Simulation& workers(unsigned workers);
  Simulation& evaluate_every(std::uint64_t rounds);
  Simulation& cohort(std::uint64_t devices);          ///< of the selection `uniform`
  Simulation& deadline(const std::string& duration);  ///< "10 min"; without, every selected device is waited for

  Simulation& model(const std::string& name, const OptionTexts& options = {});
  Simulation& data(const std::string& name, const OptionTexts& options = {});
  Simulation& partition(const std::string& name, const OptionTexts& options = {});
  Simulation& data(std::shared_ptr<const FederatedData> own);  ///< as many devices as the fleet has, or more
  Simulation& algorithm(const std::string& name, const OptionTexts& options = {});
  Simulation& optimizer(const std::string& name, const OptionTexts& options = {});
  Simulation& training(const OptionTexts& options);                                 ///< epochs, steps, batch_size
  Simulation& uplink(const std::string& stage, const OptionTexts& options = {});    ///< adds a stage
  Simulation& downlink(const std::string& stage, const OptionTexts& options = {});  ///< adds a stage

  /// A tier of fog nodes, cloud downwards, with a preset of a link.
  Simulation& fog_nodes(std::uint64_t count, const std::string& link);
  /// A group of devices, with presets of a profile and a link.
  Simulation& devices(std::uint64_t count, const std::string& profile, const std::string& link);

  /// Runs to the end, or until `on_round` returns false. May be called again: the same seed gives the same bits.
  SimulationOutcome run(const std::function<bool(const SimulatedRound&)>& on_round = nullptr);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace brume
