// FedAvgM whose server clips what sticks out: elements of the mean update beyond `trim` times its root mean square are
// cut to that, so that a few devices with wild updates move the model less.
#include <brume/algorithm.hpp>
#include <brume/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

class TrimmedMomentum final : public brume::Algorithm {
 public:
  void declare(brume::Options& options) override {
    options.number({"momentum", "of the server"}, momentum_, brume::Range{0, 0.999, false});
    options.number({"trim", "longest element, in root mean squares of the update"}, trim_, brume::Range::above(0));
  }

  std::vector<brume::NamedScalar> step(const brume::StepInput& input, brume::Parameters& model,
                                       brume::State& state) const override {
    brume::FloatVector mean(model.values().size());
    input.sums().mean(brume::kDelta, mean);
    const double trimmed = trim(mean);
    auto& velocity = state.vector("velocity", mean.size());  // kept by the host: saved, restored, hashed
    for (std::size_t i = 0; i < mean.size(); ++i) {
      velocity[i] = static_cast<float>(momentum_) * velocity[i] + mean[i];
      model.values()[i] += velocity[i];
    }
    return {{"trimmed", trimmed}};  // a column of rounds.csv
  }

 private:
  double trim(brume::FloatVector& update) const {
    double square = 0;
    for (const float x : update) square += static_cast<double>(x) * x;
    const auto most = static_cast<float>(trim_ * std::sqrt(square / static_cast<double>(update.size())));
    std::size_t cut = 0;
    for (float& x : update) {
      cut += std::abs(x) > most;
      x = std::clamp(x, -most, most);
    }
    return static_cast<double>(cut) / static_cast<double>(update.size());
  }

  double momentum_ = 0.9;
  double trim_ = 3;
};

}  // namespace

BRUME_PLUGIN("trimmed_momentum", "1.0", [](brume::Registry& registry) {
  registry.add<TrimmedMomentum>("trimmed_momentum", "FedAvgM with clipped outliers", "an example");
})
