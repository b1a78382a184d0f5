#pragma once

#include <memory>

#include "brume/registry.hpp"
#include "brume/training.hpp"

namespace brume::testing {

/// Names that stand in for learning: model `fake` (options: size), data set `fake`. For builds without LibTorch and for
/// tests of everything around training.
void register_fake_learning(Registry& registry);

/// The built-in registry's algorithms and codecs with fake learning in place of the real one.
Registry fake_registry();

/// Trains by the real local programs on gradients that cost nothing, on a real pool of threads: a device's update is a
/// pure function of its task and the model; loss falls as the model's elements approach 1. Device indexes divisible by
/// `failing` fail.
class FakeBackend final : public LearningBackend {
 public:
  explicit FakeBackend(std::uint64_t failing = 0) : failing_(failing) {}
  Workers start(const TrainingSetup& setup) const override;
  LearningBuild build() const override { return {"fake", "fake"}; }

 private:
  std::uint64_t failing_;
};

/// A federation file for fake learning; `more` is appended, and may repeat no key.
std::string fake_federation(const std::string& more = "");

}  // namespace brume::testing
