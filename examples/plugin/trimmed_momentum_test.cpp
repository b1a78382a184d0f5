// The plug-in learns on five devices below two fog nodes, and gives the same bits without fog nodes.
#include <brume/plugin_loader.hpp>
#include <brume/testing/tree.hpp>
#include <cstdio>

int main(int /*argc*/, char** argv) {
  brume::Registry registry;
  brume::load_plugin(argv[1], registry);
  const auto run = [&](std::vector<std::uint64_t> tiers) {
    const auto chosen = brume::Chosen<brume::Algorithm>::make(registry, "trimmed_momentum");
    brume::testing::Tree tree(chosen.component, {.devices = 5, .tiers = std::move(tiers), .rounds = 40});
    const double before = tree.loss();
    tree.run();
    std::printf("loss %.4f, before %.4f\n", tree.loss(), before);
    return std::pair(tree.loss() < 0.2 * before, tree.model().digest());
  };
  const auto tree = run({2});
  const auto flat = run({});
  return tree.first && tree == flat ? 0 : 1;
}
