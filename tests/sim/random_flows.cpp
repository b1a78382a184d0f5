#include "tests/sim/random_flows.hpp"

#include <algorithm>
#include <cmath>

namespace brume::sim::testing {

namespace {

// Between low and high, evenly over the logarithm; with ties one of a few powers of two.
class Spread {
 public:
  Spread(Stream& stream, bool ties) : stream_(stream), ties_(ties) {}
  double operator()(double low, double high) {
    const double value = low * std::pow(high / low, stream_.uniform());
    return ties_ ? std::exp2(std::round(std::log2(value))) : value;
  }

 private:
  Stream& stream_;
  bool ties_;
};

}  // namespace

std::vector<std::vector<std::uint32_t>> Scenario::routes() const {
  std::vector<std::vector<std::uint32_t>> routes;
  for (std::uint32_t i = 0; i < links.size(); ++i) {
    routes.push_back({i});
    for (std::uint32_t up = i; up != 0;) routes.back().push_back(up = links[up].parent);
  }
  return routes;
}

Scenario random_scenario(const ScenarioShape& shape, std::uint64_t seed) {
  Stream stream(seed, Purpose::plugin);
  Spread spread(stream, shape.ties);
  Scenario scenario;
  scenario.links.push_back({{spread(2e6, 2e8), false}, 0});
  std::vector<std::uint32_t> above{0};
  for (std::uint32_t tier = 1; tier <= shape.tiers; ++tier) {
    const bool lowest = tier == shape.tiers;
    const auto count = lowest ? shape.links : std::max(2U, shape.links / 5);
    std::vector<std::uint32_t> here;
    for (std::uint32_t i = 0; i < count; ++i) {
      here.push_back(static_cast<std::uint32_t>(scenario.links.size()));
      SharedLink link{spread(1e6, 3e7), false};
      if (lowest && shape.cells && stream.below(2) == 0) link = {spread(0.5, 1), true};
      scenario.links.push_back({link, above[stream.below(above.size())]});
    }
    above = here;
  }
  for (std::uint32_t i = 0; i < shape.classes; ++i) {
    const double cap = spread(1e5, 1e7);
    scenario.classes.push_back({cap, shape.weights ? spread(0.3, 3) : 1, spread(1, 4) / cap});
  }
  double at = shape.begin;
  for (std::uint32_t i = 0; i < shape.flows; ++i) {
    if (!shape.all_at_once) at += -std::log(1 - stream.uniform()) * 0.01;
    const auto route = shape.enter_anywhere ? static_cast<std::uint32_t>(stream.below(scenario.links.size()))
                                            : above[stream.below(above.size())];
    scenario.arrivals.push_back({at, route, static_cast<std::uint32_t>(stream.below(shape.classes)), spread(1e4, 1e7)});
  }
  return scenario;
}

std::vector<double> completion_times(FlowNetwork& network, const std::vector<Arrival>& arrivals) {
  std::vector<double> ends(arrivals.size());
  const auto run_until = [&](double now) {
    while (network.flows() > 0 && network.next_completion() <= now) {
      const double at = network.next_completion();
      ends[network.complete()] = at;
    }
  };
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const auto& one = arrivals[i];
    run_until(one.at);
    network.start(one.at, i, one.route, one.flow_class, one.bits);
  }
  run_until(FlowNetwork::kNoCompletion);
  return ends;
}

}  // namespace brume::sim::testing
