// A mean that is one, and others that fail in version 2 or on device 1.
#include <limits>
#include <stdexcept>

#include "brume/local_sgd.hpp"
#include "tests/plugins/mean.hpp"

namespace {

using namespace brume;

class Throws final : public testing::Mean {
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override {
    auto columns = Mean::step(input, model, state);
    state.scalars["steps"] += 1;
    if (input.version == 2) throw std::runtime_error("out of ideas");
    return columns;
  }
};

class NotFinite final : public testing::Mean {
  std::vector<NamedScalar> step(const StepInput& input, Parameters& model, State& state) const override {
    auto columns = Mean::step(input, model, state);
    if (input.version == 2) model.values()[0] = std::numeric_limits<float>::quiet_NaN();
    return columns;
  }
};

class ThrowsInTheFog final : public testing::Mean {
  std::uint64_t fog_rounds() const override { return 2; }
  void fog_step(const StepInput& input, Parameters& model, State& state) const override {
    if (input.version == 2 && input.node == 1) throw std::runtime_error("lost in the fog");
    Mean::step(input, model, state);
  }
};

class ThrowsOnADevice final : public testing::Mean, private LocalProgram {
  const LocalProgram* program() const override { return this; }
  Update run(LocalContext& context) const override {
    if (context.task().device == 1) throw 42;
    return LocalSgd().run(context);
  }
};

}  // namespace

BRUME_PLUGIN("misbehaving", "2.1", [](Registry& registry) {
  registry.add<testing::Mean>("plugin_mean", "a mean", "–");
  registry.add<Throws>("throws", "fails in version 2", "–");
  registry.add<NotFinite>("not_finite", "fails in version 2", "–");
  registry.add<ThrowsInTheFog>("throws_in_the_fog", "fails on one fog node in version 2", "–");
  registry.add<ThrowsOnADevice>("throws_on_a_device", "fails on device 1", "–");
  registry.add({"link", "two_cans", "an example", "{up: 100 kbit/s, down: 100 kbit/s, latency: 5 ms}"});
})
