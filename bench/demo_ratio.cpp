// The shipped demonstration (fashion-flat.yaml, two workers) as a ratio to the bare LibTorch loop of bare_loop.cpp with
// the same training and evaluation on two threads, alternating in one run.
//
//   demo_ratio CONFIGS_FOLDER [ROUNDS] [REPETITIONS]
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "bench/bare_loop.hpp"
#include "bench/support.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: demo_ratio CONFIGS_FOLDER [ROUNDS] [REPETITIONS]\n");
    return 2;
  }
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 60;
  const int repetitions = argc > 3 ? std::atoi(argv[3]) : 3;
  std::ifstream file(std::string(argv[1]) + "/fashion-flat.yaml");
  std::stringstream text;
  text << file.rdbuf();
  std::string yaml = text.str();
  const std::string before = "rounds: 60";
  yaml.replace(yaml.find(before), before.size(), fmt::format("rounds: {}", rounds + 1));
  const brume::bench::BareWork work{"cnn_small", {1, 28, 28}, 0, 10, 1000, 60, 100, 10, 0.1, 10'000, 5};
  std::vector<double> ratios;
  for (int i = 0; i < repetitions; ++i) {
    const double bare = brume::bench::run_bare_loop(work, rounds, 2);
    const double ours = brume::bench::run_federation(yaml, 2);
    ratios.push_back(ours / bare);
    fmt::print("bare {:.1f} s   brume {:.1f} s   ratio {:.3f}\n", bare, ours, ratios.back());
  }
  fmt::print("median ratio {:.3f}\n", brume::bench::median(ratios));
}
