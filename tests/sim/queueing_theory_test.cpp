// Mean response times of processor sharing against closed formulas.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "brume/random.hpp"
#include "sim/flows/fair_tree.hpp"

namespace brume::sim {
namespace {

using Sizes = std::function<double(Stream&)>;

double exponential(Stream& stream) { return -std::log(1 - stream.uniform()); }

// Mean 1, squared coefficient of variation 5: two exponentials with balanced means.
double hyperexponential(Stream& stream) {
  const double p = 0.5 * (1 + std::sqrt(4.0 / 6.0));
  return stream.uniform() < p ? exponential(stream) / (2 * p) : exponential(stream) / (2 * (1 - p));
}

// Poisson arrivals at a link of capacity `servers` on which no flow is faster than 1; flows of mean size 1.
double mean_response(double servers, double load, const Sizes& size, std::uint64_t flows, std::uint64_t seed) {
  FairTree star({{{servers, false}, 0}}, {{1}});
  Stream stream(seed, Purpose::plugin);
  std::vector<double> arrived(flows);
  double now = 0;
  double total = 0;
  std::uint64_t ended = 0;
  const auto run_until = [&](double until) {
    while (star.next_completion() <= until) {
      const double at = star.next_completion();
      const auto flow = star.complete();
      if (flow < flows / 50) continue;  // until the link has filled
      total += at - arrived[flow];
      ++ended;
    }
  };
  for (std::uint64_t i = 0; i < flows; ++i) {
    now += exponential(stream) / (servers * load);
    run_until(now);
    arrived[i] = now;
    star.start(now, i, 0, 0, size(stream));
  }
  return total / static_cast<double>(ended);
}

// Probability that all servers are busy (Erlang 1917).
double erlang_c(int servers, double load) {
  const double offered = servers * load;
  double blocked = 1;
  for (int i = 1; i <= servers; ++i) blocked = offered * blocked / (i + offered * blocked);
  return blocked / (1 - load * (1 - blocked));
}

// The mean does not depend on the distribution of sizes, whose mean is 1.
void expect_mean_response(double servers, double load, double expected, std::uint64_t seed) {
  constexpr std::uint64_t kFlows = 6'000'000;
  for (const Sizes& size : {Sizes(exponential), Sizes([](Stream&) { return 1.0; }), Sizes(hyperexponential)})
    EXPECT_NEAR(mean_response(servers, load, size, kFlows, seed++) / expected, 1, 0.005);
}

// E[T] = E[S] / (1 − ρ) (Kleinrock, "Queueing Systems", volume 2, 1976, §4.4).
TEST(QueueingTheory, ProcessorSharing) { expect_mean_response(1, 0.7, 1 / (1 - 0.7), 1); }

// With a cap of 1 on R servers' worth of capacity: E[T] = E[S] (1 + C(R, ρ) / (R (1 − ρ))), the number in system being
// that of M/M/R (Cohen, "The multiple phase service network", 1979).
TEST(QueueingTheory, CappedProcessorSharing) {
  expect_mean_response(10, 0.8, 1 + erlang_c(10, 0.8) / (10 * (1 - 0.8)), 4);
}

}  // namespace
}  // namespace brume::sim
