// An algorithm outside the project: includes the contract, links brume::plugin, steps a model, and learns over a tree
// of brume::testing.
#include <brume/algorithm.hpp>
#include <brume/registry.hpp>
#include <brume/testing/tree.hpp>

namespace {

class HalfStep final : public brume::Algorithm {
 public:
  void declare(brume::Options& options) override { options.number({"factor", "of the mean update"}, factor_); }
  std::vector<brume::NamedScalar> step(const brume::StepInput& input, brume::Parameters& model,
                                       brume::State& /*state*/) const override {
    std::vector<float> mean(model.values().size());
    dynamic_cast<const brume::WeightedSums&>(input.aggregate()).mean(brume::kDelta, mean);
    for (std::size_t i = 0; i < mean.size(); ++i) model.values()[i] += static_cast<float>(factor_) * mean[i];
    return {};
  }

 private:
  double factor_ = 0.5;
};

}  // namespace

int main() {
  brume::Registry registry;
  registry.add<HalfStep>("half", "half a step", "–");
  const auto algorithm = brume::Chosen<brume::Algorithm>::make(registry, "half");
  const auto layout =
      std::make_shared<const brume::Layout>(std::vector<brume::TensorSpec>{{"w", {1}, brume::TensorRole::trainable}});
  const auto sums = algorithm->aggregate(layout, brume::ExactFormat::for_contributions(1));
  if (sums->add({{}, 2, {{"delta", layout, {4}}}, {}}) != brume::AddOutcome::added) return 1;
  brume::Parameters model(layout);
  brume::State state;
  const brume::TakenAggregate taken{0, sums.get()};
  algorithm->step({0, 1, std::span(&taken, 1)}, model, state);
  if (model.values()[0] != 2.0F) return 1;
  brume::testing::Tree tree(std::make_shared<HalfStep>(), {.devices = 5, .tiers = {2}, .rounds = 30});
  const double before = tree.loss();
  tree.run();
  return tree.loss() < 0.2 * before ? 0 : 1;
}
