#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brume/algorithm.hpp"
#include "brume/codec.hpp"
#include "brume/training.hpp"

/// A federation small enough for a unit test, of the real roles (aggregator, fog nodes, clients) over an invented
/// network, without LibTorch: devices fit a linear model. Five lines show whether an algorithm learns and gives the
/// same bits in a tree as in a flat fleet; with faults, whether it survives them.
///
///   brume::testing::Tree tree(std::make_shared<MyAlgorithm>(), {.devices = 5, .tiers = {2}, .rounds = 20});
///   tree.run();
///   EXPECT_LT(tree.loss(), 0.1);
///
/// Link brume::testing.
namespace brume::testing {

/// What goes wrong, drawn from `seed`: probabilities for each event while the first `events` of them happen. After that
/// everything heals, so that a run can end. Links behave as connections do: whoever loses one hears of it.
struct Faults {
  std::uint64_t seed = 0;
  std::uint64_t events = 0;  ///< 0: no faults
  double loss = 0;           ///< of a message; the connection breaks with it
  double duplicate = 0;      ///< of a message, some time later
  double reorder = 0;        ///< a message overtakes the one before it
  double disconnect = 0;     ///< of some link, for a while
  double partition = 0;      ///< of a fog node or the cloud from everyone, for long
  double crash = 0;          ///< of some node; of what it was writing, some is on disk

  /// A mixture of all of them in intensities that the seed decides.
  static Faults random(std::uint64_t seed);
};

struct TreeOptions {
  std::uint64_t devices = 5;
  std::vector<std::uint64_t> tiers{2};  ///< fog nodes of each tier, cloud downwards; {} is a flat fleet
  std::uint64_t rounds = 10;
  std::uint64_t cohort = 0;  ///< 0: all devices
  double over_selection = 1;
  std::uint64_t most_unsettled = 16;  ///< versions of which a fog node without its parent keeps updates
  std::optional<Duration> deadline{};
  std::int64_t parameters = 4;  ///< of the linear model
  double learning_rate = 0.1;
  std::int64_t steps = 4;                     ///< of each task, with batches of 4 examples
  std::shared_ptr<const Codec> uplink{};      ///< null: float32
  std::shared_ptr<const Codec> fog_uplink{};  ///< null: exact
  std::shared_ptr<const Codec> changes{};     ///< of the model on its way down; null: it goes whole
  std::uint64_t seed = 1;
  Faults faults{};
};

struct TreeRound {
  std::uint64_t round = 0;
  std::uint64_t included = 0, late = 0, refused = 0, failed = 0;
  double training_loss = 0;
  std::string first_problem;
};

/// Told what becomes durable, in that order, and at which moment; throws to end the run.
class TreeObserver {
 public:
  virtual ~TreeObserver() = default;
  /// The cloud has committed a version.
  virtual void on_commit(Version /*version*/, const Parameters& /*model*/) {}
  /// A device has acted on a verdict; `trained` tells whether it had made an update.
  virtual void on_settled(const TaskId& /*task*/, Outcome /*outcome*/, bool /*trained*/) {}
  /// A device has been promised that its update is stored.
  virtual void on_stored(const TaskId& /*task*/) {}
};

class Tree {
 public:
  explicit Tree(std::shared_ptr<const Algorithm> algorithm, TreeOptions options = {}, TreeObserver* observer = nullptr);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  /// Runs to the last round, and then until nothing is under way any more. Throws Error when that takes suspiciously
  /// long, when a promise is made that is not on disk, or what the observer throws.
  void run();
  /// One event; false when nothing is left.
  bool step();
  bool finished() const;

  const Parameters& model() const;
  State server_state() const;
  State client_state(DeviceIndex device) const;  ///< the algorithm's, committed
  State codec_state(DeviceIndex device) const;   ///< the codec's stock, committed
  /// Half the mean squared error over the examples of all devices.
  double loss() const;
  const std::vector<TreeRound>& rounds() const;
  std::uint64_t events() const;
  std::uint64_t unsettled() const;  ///< devices with a task that they have not been told the end of

 private:
  class World;
  std::unique_ptr<World> world_;
};

}  // namespace brume::testing
