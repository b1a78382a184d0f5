#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace brume::compression::testing {

/// work(name) by each instruction set of this machine in turn.
template <class Work>
void by_every_target(const Work& work) {
  const auto choose = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  int seen = 0;
  for (auto left = hwy::SupportedTargets(); left != 0; left &= left - 1, ++seen) {
    choose(left & -left);
    work(hwy::TargetName(left & -left));
  }
  choose(0);
  EXPECT_GE(seen, 1);
}

}  // namespace brume::compression::testing
