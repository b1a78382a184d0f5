#include <fmt/format.h>

#include <optional>

#include "core/human.hpp"
#include "federation/checks.hpp"
#include "federation/device_memory.hpp"
#include "federation/way.hpp"

namespace brume::federation {

namespace {

constexpr double kNoDeadline = 100.0 * 365 * 86400;  // virtual time has 292 years

class PhysicalChecker {
 public:
  PhysicalChecker(const configs::Document& document, const Assembly& assembly)
      : document_(document), configuration_(document.configuration), assembly_(assembly) {}

  std::vector<Diagnostic> run() {
    for (std::size_t i = 0; i < configuration_.devices.size(); ++i) {
      const auto& group = configuration_.devices[i];
      const auto path = fmt::format("topology.devices.{}", i);
      check_memory(path, group);
      check_power(path, group);
      check_training(path, assembly_.timings[i]);
      check_deadline(path, group);
      check_lora(path, group.link);
    }
    check_no_lora("topology.cloud.link", configuration_.cloud_link);
    for (std::size_t i = 0; i < configuration_.fog.size(); ++i) check_tier(i);
    return std::move(problems_);
  }

 private:
  void report(const std::string& path, std::string message) {
    problems_.push_back({document_.place_of(path), std::move(message)});
  }

  void check_memory(const std::string& path, const configs::DeviceGroup& group) {
    const auto needed = device_memory(assembly_);
    if (group.profile.memory == 0 || needed.total() <= group.profile.memory) return;
    report(path + ".profile",
           fmt::format("a task needs {}; these devices have {}", needed.text(), human_bytes(group.profile.memory)));
  }

  // Energy is the sum over states, so a state without power would count for nothing without a word.
  void check_power(const std::string& path, const configs::DeviceGroup& group) {
    const auto& power = group.profile.power;
    const bool any = power.compute || power.idle || power.sleep;
    std::string missing;
    for (const auto& [state, watts] :
         {std::pair{"compute", power.compute}, {"idle", power.idle}, {"sleep", power.sleep}})
      if (!watts) missing += (missing.empty() ? "" : ", ") + std::string(state);
    if (any && !missing.empty())
      report(path + ".profile",
             "a profile's power is given for every state (compute, idle, sleep) or for none; missing: " + missing);
    if (group.link.transmit_power.has_value() != group.link.receive_power.has_value())
      report(path + ".link", "a link's power is given for sending and for receiving or for neither");
  }

  // With nobody else about and before any training, a device must be able to get the model and its update must get to
  // the cloud, and below each fog node in the time that this one leaves; so must the first and the last update.
  void check_deadline(const std::string& path, const configs::DeviceGroup& group) {
    const auto first = assembly_.wire_sizes(0);
    auto last = assembly_.wire_sizes(static_cast<Version>(configuration_.federation.rounds) - 1);
    if (configuration_.uplink.warm_up == 0) last.update = std::max(last.update, first.update);
    if (assembly_.meets_deadline) last.update = 0;  // whatever fits
    if (const auto late = too_late(group, last)) {
      report(path + ".link",
             fmt::format("these devices can never take part: {}; raise it, or send less by 'uplink' and "
                         "'downlink'",
                         *late));
    } else if (configuration_.uplink.warm_up > 0) {
      if (const auto at_first = too_late(group, first))
        report(path + ".link",
               fmt::format("these devices cannot take part at first, while updates carry more: {}; raise "
                           "it, or leave uplink.rate.warm_up out",
                           *at_first));
    }
  }

  // The arithmetic, if a device's way takes longer than the deadline.
  std::optional<std::string> too_late(const configs::DeviceGroup& group, const DeclaredSizes& sizes) const {
    const auto legs = way_to(configuration_, group, 1);
    double total = 0;
    std::string arithmetic;
    std::vector<double> needed(legs.size());
    for (std::size_t i = legs.size(); i-- > 0;) {
      const auto up = i + 1 == legs.size() ? sizes.update : sizes.partial;
      total += legs[i].alone(Direction::down, sizes.model) + legs[i].alone(Direction::up, up);
      needed[i] = total;
      arithmetic +=
          fmt::format("to the {} the model takes {}, from them what comes back {}; ", legs[i].lower,
                      legs[i].arithmetic(Direction::down, sizes.model), legs[i].arithmetic(Direction::up, up));
    }
    const auto left = deadlines(legs, sizes.model);
    for (std::size_t i = 0; i < legs.size(); ++i) {
      if (needed[i] <= left[i]) continue;
      const auto* limit = !configuration_.deadline && i == 0 ? "virtual time has at most"
                          : i == 0                           ? "the deadline is"
                                                             : "the deadline leaves below a fog node";
      return fmt::format("{}with latency and setup {} in all, and {} {}", arithmetic, human_seconds(needed[i]), limit,
                         human_seconds(left[i]));
    }
    return std::nullopt;
  }

  // What is left of the deadline at the upper end of each leg: a fog node keeps a tenth for its own way up.
  std::vector<double> deadlines(const std::vector<Leg>& legs, std::uint64_t model_bytes) const {
    std::vector<double> left{configuration_.deadline.value_or(kNoDeadline)};
    std::size_t leg = 0;
    for (const auto& tier : configuration_.fog) {
      if (!tier.aggregates) continue;
      const double shared = 0.9 * (left.back() - legs[leg++].alone(Direction::down, model_bytes));
      left.push_back(std::min(shared, tier.deadline.value_or(kNoDeadline)));
    }
    return left;
  }

  // Virtual time has 292 years.
  void check_training(const std::string& path, const TaskTiming& timing) {
    const double seconds = timing.slowdown * timing.seconds(static_cast<double>(assembly_.examples_for(1)));
    if (seconds > kNoDeadline)
      report(path + ".profile",
             fmt::format("training on one example takes more than a hundred years ({})", timing.source));
  }

  void check_lora(const std::string& path, const configs::LinkSection& link) {
    if (link.lora != "none" && link.goodput != 1)
      report(path + ".link", "LoRaWAN's framing is in the airtime of its frames: leave goodput at 1");
  }

  void check_no_lora(const std::string& path, const configs::LinkSection& link) {
    if (link.lora != "none")
      report(path, "LoRaWAN frames are a device's or a fog node's, not those of a link that others share");
  }

  void check_tier(std::size_t i) {
    const auto& tier = configuration_.fog[i];
    const auto path = fmt::format("topology.fog.{}", i);
    const bool relays_below = i + 1 < configuration_.fog.size() && !configuration_.fog[i + 1].aggregates;
    if (tier.cell.airtime && (tier.cell.up || tier.cell.down))
      report(path + ".cell", "a cell has either airtime or rates, not both");
    if (tier.cell.up.has_value() != tier.cell.down.has_value())
      report(path + ".cell", "a shared link needs both 'up' and 'down'");
    if (!tier.cell.airtime && (tier.cell.half_duplex || tier.cell.fairness != "rate"))
      report(path + ".cell", "'fairness' and 'half_duplex' are a radio cell's: give its airtime");
    if (tier.cell.airtime && relays_below)
      report(path + ".cell", "a radio cell serves devices or nodes that aggregate, not a tier that passes on");
    if (!tier.aggregates && tier.deadline) report(path + ".deadline", "only nodes that aggregate have a deadline");
    if (!tier.aggregates) check_no_lora(path + ".link", tier.link);
    if (tier.cell.airtime_down && (!tier.cell.airtime || tier.cell.half_duplex))
      report(path + ".cell", "'airtime_down' goes with the airtime of a cell that is not half-duplex");
    check_lora(path, tier.link);
  }

  const configs::Document& document_;
  const configs::Configuration& configuration_;
  const Assembly& assembly_;
  std::vector<Diagnostic> problems_;
};

}  // namespace

std::vector<Diagnostic> check_physics(const configs::Document& document, const Assembly& assembly) {
  return PhysicalChecker(document, assembly).run();
}

}  // namespace brume::federation
