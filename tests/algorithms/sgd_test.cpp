#include "algorithms/sgd.hpp"

#include <gtest/gtest.h>

namespace brume::algorithms {
namespace {

// Sets options by name, as a configuration would.
class Setter final : public Options {
 public:
  explicit Setter(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  void scalar(const Key& key, Scalar& value) override {
    const auto found = values_.find(std::string(key.name));
    if (found != values_.end()) {
      EXPECT_EQ(value.read(found->second, false), "");
    }
  }
  void section(const Key&, const Declare&, std::string_view) override {}
  void preset(const Key&, std::string_view, std::string&, const Declare&) override {}
  void choice(const Key&, Choice&) override {}
  void inline_choice(const Key&, Choice&) override {}
  void choices(const Key&, ChoiceList&) override {}
  void sections(const Key&, const Sections&) override {}
  void texts(const Key&, std::vector<std::string>&) override {}

 private:
  std::map<std::string, std::string> values_;
};

Sgd sgd(std::map<std::string, std::string> values) {
  Sgd optimizer;
  Setter setter(std::move(values));
  optimizer.declare(setter);
  return optimizer;
}

TEST(Sgd, PlainStep) {
  std::vector<float> model{1, 2};
  std::vector<float> gradient{10, -10};
  State memory;
  sgd({{"learning_rate", "0.1"}}).step(model, gradient, memory);
  EXPECT_EQ(model, (std::vector<float>{0, 3}));
  EXPECT_TRUE(memory.empty());
}

// v₁ = g, w₁ = w₀ − ηv₁; v₂ = mv₁ + g, w₂ = w₁ − ηv₂.
TEST(Sgd, MomentumAndDecay) {
  const auto optimizer = sgd({{"learning_rate", "0.5"}, {"momentum", "0.5"}, {"weight_decay", "1"}});
  std::vector<float> model{4};
  State memory;
  for (int i = 0; i < 2; ++i) {
    std::vector<float> gradient{2};
    optimizer.step(model, gradient, memory);
  }
  // v₁ = 2 + 4 = 6, w₁ = 4 − 3 = 1; v₂ = 3 + 2 + 1 = 6, w₂ = 1 − 3 = −2
  EXPECT_EQ(model[0], -2.0F);
}

TEST(Sgd, ClipsLongGradientsOnly) {
  const auto optimizer = sgd({{"learning_rate", "1"}, {"clip_norm", "5"}});
  State memory;
  std::vector<float> model{0, 0};
  std::vector<float> gradient{30, 40};
  optimizer.step(model, gradient, memory);
  EXPECT_FLOAT_EQ(model[0], -3);
  EXPECT_FLOAT_EQ(model[1], -4);
  std::vector<float> small{0.3F, 0.4F};
  model = {0, 0};
  optimizer.step(model, small, memory);
  EXPECT_EQ(model[0], -0.3F);
}

}  // namespace
}  // namespace brume::algorithms
