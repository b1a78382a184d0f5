#include "sim/flows/progressive_filling.hpp"

#include <algorithm>
#include <numeric>

namespace brume::sim {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Filling {
 public:
  Filling(std::span<const SharedLink> links, std::span<const RoutedFlow> flows)
      : links_(links),
        flows_(flows),
        rates_(flows.size()),
        left_(links.size()),
        charge_(links.size()),
        rising_(flows.size()) {
    for (std::size_t i = 0; i < links.size(); ++i) left_[i] = links[i].capacity;
    for (const auto& flow : flows)
      for (const auto link : flow.links) charge_[link] += charge(flow, link);
    std::iota(rising_.begin(), rising_.end(), std::size_t{0});
    std::stable_sort(rising_.begin(), rising_.end(), [this](auto a, auto b) { return limit(a) > limit(b); });
    crossing_.resize(links.size());
    for (const auto& flow : flows)
      for (const auto link : flow.links) ++crossing_[link];
  }

  std::vector<double> run() {
    while (!rising_.empty()) {
      const double full = level_of_next_full_link();
      const double cap = limit(rising_.back());
      if (cap <= full) {
        freeze(rising_.back(), cap);
        rising_.pop_back();
      } else {
        fill(full);
      }
    }
    return std::move(rates_);
  }

 private:
  double limit(std::size_t flow) const { return flows_[flow].flow_class.cap / flows_[flow].flow_class.weight; }
  double charge(const RoutedFlow& flow, std::uint32_t link) const {
    return flow.flow_class.weight * links_[link].charge(flow.flow_class);
  }
  double level(std::uint32_t link) const {
    return crossing_[link] > 0 && charge_[link] > 0 ? std::max(0.0, left_[link]) / charge_[link] : kInfinity;
  }
  double level_of_next_full_link() {
    double least = kInfinity;
    for (std::uint32_t i = 0; i < links_.size(); ++i)
      if (level(i) < least) {
        least = level(i);
        full_ = i;
      }
    return least;
  }
  void freeze(std::size_t index, double at) {
    const auto& flow = flows_[index];
    rates_[index] = flow.flow_class.weight * at;
    for (const auto link : flow.links) {
      left_[link] -= charge(flow, link) * at;
      charge_[link] -= charge(flow, link);
      --crossing_[link];
    }
  }
  void fill(double at) {
    std::erase_if(rising_, [&](std::size_t flow) {
      const auto& crossed = flows_[flow].links;
      if (std::find(crossed.begin(), crossed.end(), full_) == crossed.end()) return false;
      freeze(flow, at);
      return true;
    });
  }

  std::span<const SharedLink> links_;
  std::span<const RoutedFlow> flows_;
  std::vector<double> rates_;
  std::vector<double> left_;           // of each link's capacity
  std::vector<double> charge_;         // of the rising flows that cross it, for each unit of level
  std::vector<std::size_t> crossing_;  // how many those are
  std::vector<std::size_t> rising_;    // the one with the lowest limit last
  std::uint32_t full_ = 0;
};

}  // namespace

std::vector<double> max_min_rates(std::span<const SharedLink> links, std::span<const RoutedFlow> flows) {
  return Filling(links, flows).run();
}

}  // namespace brume::sim
