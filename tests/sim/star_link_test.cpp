#include "sim/star_link.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "brume/random.hpp"

namespace brume::sim {
namespace {

Time at(double seconds) { return Time(duration_from_seconds(seconds)); }

TEST(StarLink, AFlowAloneGoesAtItsCap) {
  StarLink link(100);
  link.start(at(0), 1, 50, 10);
  EXPECT_EQ(link.next_completion(), at(5));
  EXPECT_EQ(link.complete(at(5)), 1U);
  EXPECT_EQ(link.next_completion(), kNever);
}

// Capacity 100, caps 10, 100, 100: the first gets 10, the others share 90.
TEST(StarLink, SharesWhatIsLeftAboveTheCaps) {
  StarLink link(100);
  link.start(at(0), 1, 1000, 10);
  link.start(at(0), 2, 450, 100);
  link.start(at(0), 3, 900, 100);
  EXPECT_DOUBLE_EQ(link.rate(1), 10);
  EXPECT_DOUBLE_EQ(link.rate(2), 45);
  EXPECT_EQ(link.complete(at(10)), 2U);
  EXPECT_DOUBLE_EQ(link.rate(3), 90);
  EXPECT_EQ(link.complete(at(15)), 3U);  // 450 bits left at 90
  EXPECT_EQ(link.complete(at(100)), 1U);
}

TEST(StarLink, ACancelledFlowGivesItsShareBack) {
  StarLink link(100);
  link.start(at(0), 1, 1000, 100);
  link.start(at(0), 2, 1000, 100);
  EXPECT_DOUBLE_EQ(link.cancel(at(4), 1), 800);
  EXPECT_DOUBLE_EQ(link.rate(2), 100);
  EXPECT_EQ(link.complete(at(12)), 2U);
}

// Progressive filling, the textbook algorithm: raises all rates together until a flow meets its cap or the link is
// full.
std::vector<double> progressive_filling(const std::vector<double>& caps, double capacity) {
  std::vector<double> rates(caps.size());
  std::vector<bool> frozen(caps.size());
  double left = capacity;
  for (std::size_t open = caps.size(); open > 0;) {
    double lift = left / static_cast<double>(open);
    for (std::size_t i = 0; i < caps.size(); ++i)
      if (!frozen[i]) lift = std::min(lift, caps[i] - rates[i]);
    for (std::size_t i = 0; i < caps.size(); ++i) {
      if (frozen[i]) continue;
      rates[i] += lift;
      left -= lift;
    }
    const bool full = left <= capacity * 1e-12;
    for (std::size_t i = 0; i < caps.size(); ++i)
      if (!frozen[i] && (full || caps[i] - rates[i] <= caps[i] * 1e-12)) {
        frozen[i] = true;
        --open;
      }
  }
  return rates;
}

// Flows that arrive over time, and some that are cancelled, against an oracle that recomputes everything at each event.
TEST(StarLink, AgreesWithProgressiveFilling) {
  Stream random(1, Purpose::plugin);
  for (int example = 0; example < 100; ++example) {
    const double capacity = 1e6 * (1 + random.uniform() * 20);
    const double classes[] = {2e5, 1e6, 3e6, 1e7};
    struct Flow {
      double starts, left, cap, ends;
    };
    std::vector<Flow> flows;
    for (int i = 0; i < 60; ++i)
      flows.push_back({random.uniform() * 3, 1e4 + random.uniform() * 3e6, classes[random.below(4)], -1});
    std::sort(flows.begin(), flows.end(), [](const Flow& a, const Flow& b) { return a.starts < b.starts; });

    StarLink link(capacity);
    std::vector<double> measured(flows.size());
    std::size_t next = 0;
    while (next < flows.size() || link.flows() > 0) {
      const Time arrival = next < flows.size() ? at(flows[next].starts) : kNever;
      if (arrival <= link.next_completion()) {
        link.start(arrival, next, flows[next].left, flows[next].cap);
        ++next;
      } else {
        const Time now = link.next_completion();
        measured[link.complete(now)] = in_seconds(now);
      }
    }
    double now = 0;
    for (std::size_t done = 0; done < flows.size();) {
      std::vector<std::size_t> active;
      std::vector<double> caps;
      double event = 1e18;
      for (std::size_t i = 0; i < flows.size(); ++i) {
        if (flows[i].ends >= 0) continue;
        if (flows[i].starts > now) {
          event = std::min(event, flows[i].starts);
        } else {
          active.push_back(i);
          caps.push_back(flows[i].cap);
        }
      }
      const auto rates = progressive_filling(caps, capacity);
      for (std::size_t k = 0; k < active.size(); ++k) event = std::min(event, now + flows[active[k]].left / rates[k]);
      for (std::size_t k = 0; k < active.size(); ++k) {
        auto& flow = flows[active[k]];
        flow.left -= rates[k] * (event - now);
        if (flow.left <= 1e-6 * rates[k] * 1e-3) {
          flow.ends = event;
          ++done;
        }
      }
      now = event;
    }
    for (std::size_t i = 0; i < flows.size(); ++i) ASSERT_NEAR(measured[i], flows[i].ends, 1e-6) << example << "/" << i;
  }
}

}  // namespace
}  // namespace brume::sim
