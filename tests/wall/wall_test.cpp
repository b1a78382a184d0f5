// Algorithms that know include/brume alone, over a tree of the real roles: whatever they need is in the contract.
#include <gtest/gtest.h>

#include <fstream>

#include "brume/testing/tree.hpp"
#include "tests/wall/fedbuff.hpp"
#include "tests/wall/hierfavg.hpp"
#include "tests/wall/krum.hpp"
#include "tests/wall/scaffold.hpp"

namespace brume::wall {
namespace {

using testing::Tree;
using testing::TreeOptions;

const TreeOptions kTwoTiers{.devices = 12, .tiers = {2, 4}, .rounds = 25};

TreeOptions flat(TreeOptions options) {
  options.tiers = {};
  return options;
}

double start_loss() { return Tree(std::make_shared<HierFavg>(1), kTwoTiers).loss(); }

// Learns, and gives the bits of the flat fleet.
void expect_tree_equals_flat(const std::shared_ptr<const Algorithm>& algorithm, TreeOptions options = kTwoTiers) {
  Tree tree(algorithm, options);
  tree.run();
  Tree plain(algorithm, flat(options));
  plain.run();
  EXPECT_EQ(tree.model().digest(), plain.model().digest());
  EXPECT_EQ(tree.server_state(), plain.server_state());
  for (DeviceIndex device = 0; device < options.devices; ++device)
    EXPECT_EQ(tree.client_state(device), plain.client_state(device));
  EXPECT_LT(tree.loss(), 0.1 * start_loss());
  for (const auto& round : tree.rounds()) EXPECT_EQ(round.first_problem, "");
}

TEST(Wall, Scaffold) {
  expect_tree_equals_flat(std::make_shared<Scaffold>(0.1));
  auto some = kTwoTiers;
  some.cohort = 5;
  expect_tree_equals_flat(std::make_shared<Scaffold>(0.1), some);
}

// With full participation c is the mean of all cᵢ, in every round (Karimireddy et al. 2020, §3).
TEST(Wall, ScaffoldsServerHasTheMeanOfTheDevicesControls) {
  Tree tree(std::make_shared<Scaffold>(0.1), kTwoTiers);
  tree.run();
  std::vector<double> mean(4);
  for (DeviceIndex device = 0; device < 12; ++device)
    for (std::size_t i = 0; i < 4; ++i) mean[i] += tree.client_state(device).vectors.at("control")[i] / 12.0;
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(tree.server_state().vectors.at("control")[i], mean[i], 1e-4);
}

TEST(Wall, Krum) {
  expect_tree_equals_flat(std::make_shared<Krum>(2));
  // shared figures: Krum of {.2, .7, 1} with f = 1 is .7
  const auto layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {1}, TensorRole::trainable}});
  const Krum krum(1);
  const auto kept = krum.aggregate(layout, ExactFormat::for_contributions(3));
  for (const auto& [device, value] : {std::pair(0U, 0.2F), std::pair(1U, 0.7F), std::pair(2U, 1.0F)})
    EXPECT_EQ(kept->add({{0, device, 0}, 1, {{"delta", layout, {value}}}, {}}), AddOutcome::added);
  const TakenAggregate taken{0, kept.get()};
  Parameters model(layout);
  State state;
  krum.step({0, 3, std::span(&taken, 1)}, model, state);
  EXPECT_EQ(model.values()[0], 0.7F);
}

// With κ₂ = 1 and every device in, hierarchical averaging is FedAvg; with more rounds at the fog nodes the cloud needs
// fewer of its own.
TEST(Wall, HierFavg) {
  expect_tree_equals_flat(std::make_shared<HierFavg>(1));
  auto few = kTwoTiers;
  few.rounds = 4;
  Tree once(std::make_shared<HierFavg>(1), few);
  once.run();
  Tree often(std::make_shared<HierFavg>(5), few);
  often.run();
  EXPECT_LT(often.loss(), 0.7 * once.loss());
  for (const auto& round : often.rounds()) EXPECT_EQ(round.included, 12U);
}

// By hand: one fog node that runs κ₂ rounds for each of the cloud's is FedAvg with κ₂ times the rounds.
TEST(Wall, HierFavgWithOneFogNodeIsFedAvgAtTheFogNode) {
  TreeOptions options{.devices = 5, .tiers = {1}, .rounds = 1};
  Tree fog(std::make_shared<HierFavg>(2), options);
  fog.run();
  EXPECT_LT(fog.loss(), Tree(std::make_shared<HierFavg>(1), options).loss());
  EXPECT_EQ(fog.rounds()[0].included, 5U);
}

TEST(Wall, FedBuff) {
  auto options = kTwoTiers;
  options.rounds = 60;
  for (const auto& one : {options, flat(options)}) {
    Tree tree(std::make_shared<FedBuff>(3, 8), one);
    tree.run();
    EXPECT_LT(tree.loss(), 0.1 * start_loss());
    ASSERT_EQ(tree.rounds().size(), 60U);
    for (const auto& round : tree.rounds()) {
      EXPECT_GE(round.included, 3U);
      if (round.round < 60) {  // what is outstanding at the very end is late
        EXPECT_EQ(round.late, 0U);
      }
    }
  }
}

// The walls stand: none of them needs a line of the rooms, and each is short.
TEST(Wall, EachIsShortAndSeesTheContractOnly) {
  for (const std::string name : {"scaffold", "fedbuff", "hierfavg", "krum"}) {
    std::ifstream file(std::string(BRUME_SOURCE_DIR) + "/tests/wall/" + name + ".hpp");
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines)
      if (line.starts_with("#include \"")) {
        EXPECT_TRUE(line.starts_with("#include \"brume/")) << line;
      }
    EXPECT_GT(lines, 20U);
    EXPECT_LE(lines, 80U) << name;
  }
}

}  // namespace
}  // namespace brume::wall
