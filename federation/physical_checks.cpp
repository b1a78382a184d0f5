#include <fmt/format.h>

#include "core/human.hpp"
#include "federation/checks.hpp"
#include "federation/device_memory.hpp"
#include "federation/link_model.hpp"

namespace brume::federation {

namespace {

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
      check_deadline(path, group);
      check_lora(path, group.link);
    }
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

  // Alone on its link and before any training, a device must be able to get the model and send its update.
  void check_deadline(const std::string& path, const configs::DeviceGroup& group) {
    if (!configuration_.deadline) return;
    const auto sizes = assembly_.payload_sizes(0);
    const double down = link_seconds(group.link, Direction::down, sizes.model);
    const double up = link_seconds(group.link, Direction::up, sizes.update);
    const double total = down + up + 2 * (group.link.latency + group.link.setup);
    if (total <= *configuration_.deadline) return;
    report(
        path + ".link",
        fmt::format("these devices can never take part: the model takes {}, the update {}, with latency and setup {} "
                    "in all, and the deadline is {}; raise it, or send less by 'uplink' and 'downlink'",
                    link_arithmetic(group.link, Direction::down, sizes.model),
                    link_arithmetic(group.link, Direction::up, sizes.update), human_seconds(total),
                    human_seconds(*configuration_.deadline)));
  }

  void check_lora(const std::string& path, const configs::LinkSection& link) {
    if (link.lora != "none" && link.goodput != 1)
      report(path + ".link", "LoRaWAN's framing is in the airtime of its frames: leave goodput at 1");
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
