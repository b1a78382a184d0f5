#include "sim/shared_ranks.hpp"

namespace brume::sim {

// Remembers the ranks that were asked for, from rank 0 on without gaps.
struct SharedRanks::Known final : Ranking {
  Known(std::shared_ptr<const Ranking> of, std::uint64_t devices_, Version version_, std::uint64_t seed_)
      : ranking(std::move(of)), devices(devices_), version(version_), seed(seed_) {}
  DeviceIndex device(std::uint64_t rank) const override {
    while (known.size() <= rank) known.push_back(ranking->device(known.size()));
    return known[rank];
  }
  std::shared_ptr<const Ranking> ranking;
  std::uint64_t devices;
  Version version;
  std::uint64_t seed;
  mutable std::vector<DeviceIndex> known;
};

std::shared_ptr<const Ranking> SharedRanks::ranking(std::uint64_t devices, Version version, std::uint64_t seed) const {
  if (!last_ || last_->devices != devices || last_->version != version || last_->seed != seed)
    last_ = std::make_shared<const Known>(policy_->ranking(devices, version, seed), devices, version, seed);
  return last_;
}

}  // namespace brume::sim
