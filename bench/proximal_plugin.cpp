// FedProx as somebody else would write it: from include/brume alone, loaded at run time. plugin_speed.py compares it
// with the built-in one.
#include <brume/algorithm.hpp>
#include <brume/plugin.hpp>

namespace {

class Proximal final : public brume::Algorithm, private brume::LocalCorrection {
 public:
  void declare(brume::Options& options) override {
    options.number({"mu", "weight of the proximal term, μ"}, mu_, brume::Range::at_least(0));
  }
  const LocalCorrection* correction() const override { return this; }

  std::vector<brume::NamedScalar> step(const brume::StepInput& input, brume::Parameters& model,
                                       brume::State& /*state*/) const override {
    brume::FloatVector mean(model.values().size());
    input.sums().mean(brume::kDelta, mean);
    for (std::size_t i = 0; i < mean.size(); ++i) model.values()[i] += mean[i];
    return {};
  }

 private:
  void correct(const Spans& spans) const override {
    const auto mu = static_cast<float>(mu_);
    for (std::size_t i = 0; i < spans.gradient.size(); ++i) spans.gradient[i] += mu * (spans.model[i] - spans.base[i]);
  }

  double mu_ = 0.1;
};

}  // namespace

BRUME_PLUGIN("proximal", "1.0",
             [](brume::Registry& registry) { registry.add<Proximal>("proximal", "FedProx from outside", "for bench"); })
