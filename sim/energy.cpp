#include "sim/energy.hpp"

#include "core/archive.hpp"

namespace brume::sim {

namespace {

std::size_t at_state(PowerState state) { return static_cast<std::size_t>(state); }

}  // namespace

std::string_view to_string(PowerState state) {
  switch (state) {
    case PowerState::compute:
      return "compute";
    case PowerState::idle:
      return "idle";
    case PowerState::sleep:
      return "sleep";
    case PowerState::transmit:
      return "transmit";
    case PowerState::receive:
      return "receive";
  }
  return "unknown";
}

EnergyLedger::EnergyLedger(const std::vector<configs::DeviceGroup>& groups) : books_(groups.size()) {
  for (const auto& group : groups) {
    const auto& power = group.profile.power;
    groups_.push_back({static_cast<double>(group.count),
                       {power.compute.value_or(0), power.idle.value_or(0), power.sleep.value_or(0),
                        group.link.transmit_power.value_or(0), group.link.receive_power.value_or(0)}});
  }
}

void EnergyLedger::change(Time now, std::size_t group, std::int64_t awake, std::int64_t computing) {
  auto& books = books_[group];
  const double seconds = in_seconds(now - books.last);
  books.last = now;
  books.awake_seconds += static_cast<double>(books.awake) * seconds;
  books.compute_seconds += static_cast<double>(books.computing) * seconds;
  books.awake += awake;
  books.computing += computing;
}

void EnergyLedger::used_radio(std::size_t group, PowerState state, double seconds) {
  auto& books = books_[group];
  (state == PowerState::transmit ? books.transmit_seconds : books.receive_seconds) += seconds;
}

std::vector<GroupEnergy> EnergyLedger::at(Time now) const {
  std::vector<GroupEnergy> energies;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const auto& books = books_[i];
    const double since = in_seconds(now - books.last);
    const double awake = books.awake_seconds + static_cast<double>(books.awake) * since;
    const double computing = books.compute_seconds + static_cast<double>(books.computing) * since;
    GroupEnergy energy;
    energy.seconds = {computing, awake - computing, groups_[i].count * in_seconds(now) - awake, books.transmit_seconds,
                      books.receive_seconds};
    for (std::size_t state = 0; state < kPowerStates; ++state)
      energy.joules[state] = energy.seconds[state] * groups_[i].watts[state];
    energies.push_back(energy);
  }
  return energies;
}

void EnergyLedger::add_up(Time now, Totals& totals) const {
  totals.compute_joules = totals.radio_joules = totals.idle_joules = totals.sleep_joules = 0;
  for (const auto& energy : at(now)) {
    totals.compute_joules += energy.joules[at_state(PowerState::compute)];
    totals.idle_joules += energy.joules[at_state(PowerState::idle)];
    totals.sleep_joules += energy.joules[at_state(PowerState::sleep)];
    totals.radio_joules += energy.joules[at_state(PowerState::transmit)] + energy.joules[at_state(PowerState::receive)];
  }
}

template <class Archive>
void EnergyLedger::describe(Archive& archive) {
  archive(books_);
}
template void EnergyLedger::describe(ArchiveWriter& archive);
template void EnergyLedger::describe(ArchiveReader& archive);

}  // namespace brume::sim
