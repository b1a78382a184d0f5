#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <cstdint>

namespace brume::compression::testing {

/// Nothing but those instruction sets, while it lives.
class Targets {
 public:
  explicit Targets(std::int64_t targets) { choose(targets); }
  ~Targets() { choose(0); }
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;

 private:
  static void choose(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

/// work(name) by each instruction set of this machine in turn.
template <class Work>
void by_every_target(const Work& work) {
  const auto all = hwy::SupportedTargets();
  EXPECT_NE(all, 0);
  for (auto left = all; left != 0; left &= left - 1) {
    const Targets one(left & -left);
    work(hwy::TargetName(left & -left));
  }
}

}  // namespace brume::compression::testing
