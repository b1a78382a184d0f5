#include "brume/testing/tree.hpp"

#include "brume/error.hpp"
#include "testing/world.hpp"

namespace brume::testing {

namespace {

constexpr std::uint64_t kSuspiciouslyMany = 1'000'000;

}  // namespace

Faults Faults::random(std::uint64_t seed) {
  Stream stream(seed, Purpose::plugin, 2);
  const auto up_to = [&](double most) { return stream.below(3) == 0 ? 0 : most * stream.uniform(); };
  Faults faults{seed, 50 + stream.below(1500)};
  faults.loss = up_to(0.05);
  faults.duplicate = up_to(0.2);
  faults.reorder = up_to(0.3);
  faults.disconnect = up_to(0.02);
  faults.partition = up_to(0.004);
  faults.crash = up_to(0.02);
  return faults;
}

Tree::Tree(std::shared_ptr<const Algorithm> algorithm, TreeOptions options, TreeObserver* observer)
    : world_(std::make_unique<World>(std::move(algorithm), std::move(options), observer)) {}
Tree::~Tree() = default;

bool Tree::step() { return world_->step(); }
bool Tree::finished() const { return world_->finished(); }

void Tree::run() {
  while (step())
    if (world_->events() > kSuspiciouslyMany) throw Error("the federation does not come to an end");
  if (!finished()) throw Error("the federation stands still before its last round");
}

const Parameters& Tree::model() const { return world_->model(); }
State Tree::server_state() const { return world_->server_state(); }
State Tree::client_state(DeviceIndex device) const { return world_->store(device).algorithm_state(device); }
State Tree::codec_state(DeviceIndex device) const { return world_->store(device).codec_state(device); }
double Tree::loss() const { return world_->task().loss(model().values()); }
const std::vector<TreeRound>& Tree::rounds() const { return world_->rounds(); }
std::uint64_t Tree::unsettled() const { return world_->unsettled(); }
std::uint64_t Tree::events() const { return world_->events(); }

}  // namespace brume::testing
