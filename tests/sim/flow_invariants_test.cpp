// What must hold after every event of a network, over random trees and random events. BRUME_LONG_EVENTS sets how many.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "tests/sim/random_flows.hpp"

namespace brume::sim {
namespace {

constexpr double kRelative = 1e-9;

std::uint64_t events_to_run() {
  const char* asked = std::getenv("BRUME_LONG_EVENTS");
  return asked ? std::strtoull(asked, nullptr, 10) : 200'000;
}

// A network under random events, with books of its own: what each flow was given, what it has received at the rates in
// between, and what came out at its end.
class Checked {
 public:
  Checked(const testing::Scenario& scenario, std::uint64_t seed)
      : scenario_(scenario),
        routes_(scenario.routes()),
        tree_(scenario.links, scenario.classes),
        stream_(seed, Purpose::plugin, 1) {}

  // A start, an end or a cancellation; then everything is looked at.
  void one_event() {
    const auto choice = stream_.below(10);
    const double soon = now_ - std::log(1 - stream_.uniform()) * 0.02;
    if (flows_.empty() || (choice < 8 && flows_.size() < 40 && soon <= tree_.next_completion())) {
      start(soon);
    } else if (choice == 9 && soon <= tree_.next_completion()) {
      cancel(soon);
    } else {
      complete();
    }
    check();
  }

 private:
  struct Flow {
    FlowNetwork::FlowHandle handle = 0;
    std::uint32_t route = 0;
    std::uint32_t flow_class = 0;
    double bits = 0;
    double sent = 0;
    double rate = 0;
  };

  void advance(double now) {
    for (auto& [user, flow] : flows_) flow.sent += flow.rate * (now - now_);
    now_ = now;
  }
  void start(double now) {
    advance(now);
    const auto& arrival = scenario_.arrivals[stream_.below(scenario_.arrivals.size())];
    Flow flow{0, arrival.route, arrival.flow_class, arrival.bits, 0, 0};
    flow.handle = tree_.start(now, ++last_, flow.route, flow.flow_class, flow.bits);
    flows_.emplace(last_, flow);
  }
  void cancel(double now) {
    advance(now);
    const auto victim = std::next(flows_.begin(), static_cast<std::ptrdiff_t>(stream_.below(flows_.size())));
    const double left = tree_.cancel(now, victim->second.handle);
    ASSERT_NEAR(victim->second.sent + left, victim->second.bits, kRelative * victim->second.bits + 1e-6 * now_);
    flows_.erase(victim);
  }
  void complete() {
    advance(tree_.next_completion());
    const auto flow = flows_.at(tree_.complete());
    ASSERT_NEAR(flow.sent, flow.bits, kRelative * flow.bits + 1e-6 * now_) << "work is conserved";
    std::erase_if(flows_, [&](const auto& entry) { return entry.second.handle == flow.handle; });
  }

  double capacity(std::uint32_t link) const { return scenario_.links[link].link.capacity; }
  const FlowClass& class_of(const Flow& flow) const { return scenario_.classes[flow.flow_class]; }
  double level(const Flow& flow) const { return flow.rate / class_of(flow).weight; }

  void check() {
    std::vector<double> load(scenario_.links.size());
    std::vector<double> highest(scenario_.links.size());
    for (auto& [user, flow] : flows_) {
      flow.rate = tree_.rate(flow.handle);
      ASSERT_GT(flow.rate, 0);
      for (const auto link : routes_[flow.route]) {
        load[link] += flow.rate * scenario_.links[link].link.charge(class_of(flow));
        highest[link] = std::max(highest[link], level(flow));
      }
    }
    for (std::uint32_t i = 0; i < load.size(); ++i) ASSERT_LE(load[i], capacity(i) * (1 + kRelative));
    for (const auto& [user, flow] : flows_) {
      bool held = flow.rate >= class_of(flow).cap * (1 - kRelative);
      ASSERT_LE(flow.rate, class_of(flow).cap * (1 + kRelative));
      for (const auto link : routes_[flow.route])
        held |= load[link] >= capacity(link) * (1 - kRelative) && level(flow) >= highest[link] * (1 - kRelative);
      ASSERT_TRUE(held) << "a flow is slower than its cap and than any full link lets it be";
    }
  }

  const testing::Scenario& scenario_;
  std::vector<std::vector<std::uint32_t>> routes_;
  FairTree tree_;
  Stream stream_;
  std::map<std::uint64_t, Flow> flows_;
  std::uint64_t last_ = 0;
  double now_ = 0;
};

TEST(FlowInvariants, HoldAfterEveryEvent) {
  constexpr std::uint64_t kTrees = 40;
  for (std::uint64_t seed = 0; seed < kTrees; ++seed) {
    testing::ScenarioShape shape;
    shape.tiers = static_cast<std::uint32_t>(seed % 4);
    shape.links = 2 + static_cast<std::uint32_t>(seed % 6);
    shape.classes = 1 + static_cast<std::uint32_t>(seed % 7);
    shape.flows = 1000;  // to pick from
    shape.weights = seed % 2 == 0;
    shape.cells = seed % 3 == 0;
    shape.enter_anywhere = seed % 5 == 0 && !shape.cells;
    const auto scenario = testing::random_scenario(shape, seed);
    Checked network(scenario, seed);
    for (std::uint64_t i = 0; i < events_to_run() / kTrees; ++i) {
      network.one_event();
      if (::testing::Test::HasFatalFailure()) FAIL() << "tree " << seed << ", event " << i;
    }
  }
}

}  // namespace
}  // namespace brume::sim
