#pragma once

#include <map>
#include <set>

#include "brume/testing/tree.hpp"

namespace brume::chaos {

/// An algorithm that keeps books instead of learning. Element d of the model counts the updates of device d that were
/// ever taken in, element D + d adds up their base versions + 1, and a device's state counts those of its tasks that
/// were included: the three must agree whatever happens.
class Ledger final : public Algorithm, private LocalProgram, private ClosingPolicy {
 public:
  Ledger(std::uint64_t devices, std::uint64_t fog_rounds, std::uint64_t buffer)
      : devices_(devices), fog_rounds_(fog_rounds), buffer_(buffer) {}

  const LocalProgram* program() const override { return this; }
  double weight(const Update& /*update*/) const override { return 1; }
  std::uint64_t fog_rounds() const override { return fog_rounds_; }
  const ClosingPolicy* closing() const override { return buffer_ > 0 ? this : nullptr; }
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override;

 private:
  Update run(LocalContext& context) const override;
  bool due(const Standing& standing) const override { return standing.folded >= buffer_; }
  bool keeps_outstanding() const override { return true; }
  std::uint64_t devices_asked(const Standing& standing) const override;

  std::uint64_t devices_;
  std::uint64_t fog_rounds_;
  std::uint64_t buffer_;  // 0: rounds
};

/// One run under faults: everything about it is drawn from `seed`. Throws Error, saying what, when an invariant breaks.
void run_schedule(std::uint64_t seed);

}  // namespace brume::chaos
