#include "algorithms/uniform_selection.hpp"

#include "algorithms/permutation.hpp"

namespace brume::algorithms {

namespace {

class Permuted final : public Ranking {
 public:
  Permuted(std::uint64_t devices, std::uint64_t seed, Version version) : device_of_(devices, seed, version) {}
  DeviceIndex device(std::uint64_t rank) const override { return device_of_(rank); }

 private:
  Permutation device_of_;
};

}  // namespace

void UniformSelection::declare(Options& options) {
  options.integer({"cohort", "updates that a round aims at", true}, cohort_, Range::at_least(1));
  options.number({"over_selection", "devices asked for each update aimed at; the round ends with the first `cohort`"},
                 over_selection_, Range::between(1, 10));
}

std::shared_ptr<const Ranking> UniformSelection::ranking(std::uint64_t devices, Version version,
                                                         std::uint64_t seed) const {
  return std::make_shared<const Permuted>(devices, seed, version);
}

}  // namespace brume::algorithms
