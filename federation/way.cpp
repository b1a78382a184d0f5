#include "federation/way.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/human.hpp"

namespace brume::federation {

namespace {

// Mean seconds of a cell's time that one bit takes, over all that may be in it.
double mean_cost(const configs::Configuration& configuration, const configs::LinkSection* fog, Direction direction) {
  if (fog) return 1 / sending_rate(*fog, direction);
  double sum = 0;
  for (const auto& group : configuration.devices)
    sum += static_cast<double>(group.count) / sending_rate(group.link, direction);
  return sum / static_cast<double>(configuration.device_count());
}

void add_cell(const configs::Configuration& configuration, const configs::FogTier& tier,
              const configs::LinkSection* fog, Leg& leg) {
  const auto& cell = tier.cell;
  const auto nodes = static_cast<double>(tier.count);
  if (cell.up && cell.down) leg.shared.push_back({*cell.down, *cell.up, nodes});
  if (!cell.airtime) return;
  leg.shared.push_back({cell.airtime_down.value_or(*cell.airtime), *cell.airtime, nodes, true,
                        mean_cost(configuration, fog, Direction::down), mean_cost(configuration, fog, Direction::up),
                        cell.fairness == "airtime"});
}

}  // namespace

double Leg::rate(Direction direction, bool crowd) const {
  double least = link_rate(link, direction);
  for (const auto& one : shared) {
    const double sharers = crowd ? std::max(1.0, participants / one.nodes) : 1;
    const double capacity = direction == Direction::up ? one.up : one.down;
    const double own_cost = 1 / sending_rate(link, direction);
    const double cost = one.equal_time || !crowd ? own_cost : direction == Direction::up ? one.up_cost : one.down_cost;
    least = std::min(least, one.airtime ? capacity / (sharers * cost) : capacity / sharers);
  }
  return least;
}

double Leg::seconds(Direction direction, std::uint64_t bytes, bool crowd) const {
  return latency + link.setup + link_bits(link, direction, bytes) / rate(direction, crowd);
}

std::string Leg::arithmetic(Direction direction, std::uint64_t bytes) const {
  if (rate(direction, false) >= link_rate(link, direction)) return link_arithmetic(link, direction, bytes);
  return fmt::format("{} × 8 / {} on what is shared = {}", human_bytes(static_cast<double>(bytes)),
                     show_quantity(rate(direction, false), Unit::bits_per_second),
                     human_seconds(link_bits(link, direction, bytes) / rate(direction, false)));
}

std::vector<Leg> way_to(const configs::Configuration& configuration, const configs::DeviceGroup& group,
                        double selected) {
  std::vector<Leg> legs{{}};
  const auto begin = [&](Leg& leg, const configs::LinkSection& link, std::string lower, double participants) {
    leg.link = link;
    leg.lower = std::move(lower);
    leg.participants = participants;
    leg.latency += link.latency;
  };
  // The cloud sends on its uplink what goes down.
  const auto& cloud = configuration.cloud_link;
  legs.back().latency = cloud.latency;
  legs.back().shared.push_back({link_rate(cloud, Direction::up), link_rate(cloud, Direction::down), 1});
  for (std::size_t i = 0; i < configuration.fog.size(); ++i) {
    const auto& tier = configuration.fog[i];
    const auto nodes = static_cast<double>(tier.count);
    if (tier.aggregates) {
      begin(legs.back(), tier.link, fmt::format("nodes of tier {}", i), std::min(nodes, selected));
      legs.emplace_back();
    } else {
      legs.back().latency += tier.link.latency;
      legs.back().shared.push_back({link_rate(tier.link, Direction::down), link_rate(tier.link, Direction::up), nodes});
    }
    const bool fog_below = i + 1 < configuration.fog.size();
    add_cell(configuration, tier, fog_below ? &configuration.fog[i + 1].link : nullptr, legs.back());
  }
  begin(legs.back(), group.link, "devices", selected);
  return legs;
}

}  // namespace brume::federation
