// Completion times of flows through a tree, for scripts. Reads from standard input:
//   links classes flows
//   for each link: capacity in bit/s, index of the link that it leads to
//   for each class: cap in bit/s
//   for each flow in order of arrival: second of arrival, link at which it enters, class, bits
// and writes each flow's end in seconds, a line each.
#include <fmt/format.h>

#include <iostream>

#include "tests/sim/random_flows.hpp"

int main() {
  using namespace brume::sim;
  testing::Scenario scenario;
  std::size_t links = 0, classes = 0, flows = 0;
  std::cin >> links >> classes >> flows;
  scenario.links.resize(links);
  scenario.classes.resize(classes);
  scenario.arrivals.resize(flows);
  for (auto& link : scenario.links) std::cin >> link.link.capacity >> link.parent;
  for (auto& one : scenario.classes) std::cin >> one.cap;
  for (auto& flow : scenario.arrivals) std::cin >> flow.at >> flow.route >> flow.flow_class >> flow.bits;
  if (!std::cin) {
    fmt::print(stderr, "the input ends too early or is no list of numbers\n");
    return 2;
  }
  FairTree tree(scenario.links, scenario.classes);
  for (const double end : testing::completion_times(tree, scenario.arrivals)) fmt::print("{:.9f}\n", end);
}
