// What must hold of time lines and energy after every event of whole federations, over random topologies.
// BRUME_LONG_EVENTS sets how many events.
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "sim/federation.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::sim {
namespace {

std::uint64_t events_to_run() {
  const char* asked = std::getenv("BRUME_LONG_EVENTS");
  return asked ? std::strtoull(asked, nullptr, 10) : 100'000;
}

std::size_t at_state(PowerState state) { return static_cast<std::size_t>(state); }

// Looks over a federation's shoulder.
class Auditor final : public Observer {
 public:
  Auditor(const configs::Configuration& configuration, const Fleet& fleet)
      : configuration_(configuration), fleet_(fleet), trained_(configuration.devices.size()) {}

  void watch(const Federation& federation) { federation_ = &federation; }
  void on_round(const RoundReport& /*report*/, const Totals& /*totals*/) override {}

  void on_span(const Span& span) override {
    EXPECT_LE(span.start, span.end);
    auto& last = ends_[{span.node, span.lane}];
    EXPECT_GE(span.start, last) << "two things at once on one lane of a node's time line";
    last = span.end;
    if (span.node.role == NodeId::Role::device) (span.lane == Span::Lane::up ? up_ : down_) += span.bytes;
    if (span.lane == Span::Lane::work)
      trained_[fleet_.group_index(span.node.index)] += in_seconds(span.end - span.start);
  }

  void between_events() override {
    ++events_;
    const auto energies = federation_->energy();
    for (std::size_t i = 0; i < energies.size(); ++i) {
      const auto& seconds = energies[i].seconds;
      const double time = static_cast<double>(configuration_.devices[i].count) * in_seconds(federation_->now());
      const double spent = seconds[at_state(PowerState::compute)] + seconds[at_state(PowerState::idle)] +
                           seconds[at_state(PowerState::sleep)];
      ASSERT_NEAR(spent, time, 1e-9 * time + 1e-9) << "a device is in one state at any time";
      for (const double one : seconds) ASSERT_GE(one, -1e-6);
      ASSERT_LE(seconds[at_state(PowerState::transmit)], time + 1e-6);
      check_joules(i, energies[i]);
    }
  }

  // After the last event: every joule belongs to a span or to waiting, every byte to a transfer.
  void check_end() {
    const auto energies = federation_->energy();
    for (std::size_t i = 0; i < energies.size(); ++i)
      EXPECT_NEAR(energies[i].seconds[at_state(PowerState::compute)], trained_[i], 1e-6);
    EXPECT_EQ(federation_->totals().device_up_bytes, up_);
    EXPECT_EQ(federation_->totals().device_down_bytes, down_);
  }
  std::uint64_t events() const { return events_; }

 private:
  void check_joules(std::size_t group, const GroupEnergy& energy) {
    const auto& power = configuration_.devices[group].profile.power;
    const auto& link = configuration_.devices[group].link;
    const double watts[] = {*power.compute, *power.idle, *power.sleep, *link.transmit_power, *link.receive_power};
    for (std::size_t state = 0; state < kPowerStates; ++state)
      ASSERT_NEAR(energy.joules[state], energy.seconds[state] * watts[state], 1e-9 * energy.joules[state] + 1e-12);
  }

  const configs::Configuration& configuration_;
  const Fleet& fleet_;
  const Federation* federation_ = nullptr;
  std::map<std::pair<NodeId, Span::Lane>, Time> ends_;
  std::vector<double> trained_;
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
  std::uint64_t events_ = 0;
};

std::string pick(Stream& stream, std::initializer_list<const char*> texts) {
  return *(texts.begin() + stream.below(texts.size()));
}

std::string random_tiers(Stream& stream) {
  const auto tier = [&](bool relay, std::uint64_t least = 1) {
    return "{count: " + std::to_string(least + stream.below(6)) + ", aggregates: " + (relay ? "false" : "true") +
           ", link: " + pick(stream, {"ethernet", "lte", "{up: 300 kbit/s, down: 300 kbit/s, latency: 2 ms}"});
  };
  const auto cell = [&] {
    return ", cell: " + pick(stream, {"wifi-cell", "lte-cell", "switch-1g", "{up: 50 kbit/s, down: 90 kbit/s}"}) + "}";
  };
  switch (stream.below(5)) {
    case 0:
      return "[]";
    case 1:
      return "[" + tier(false) + cell() + "]";
    case 2:
      return "[" + tier(true) + cell() + "]";
    case 3:
      return "[{count: 2, link: lte, cell: switch-1g}, " + tier(true, 2) + cell() + "]";
    default:
      return "[{count: 1, link: ethernet}, " + tier(true) + cell() + "]";
  }
}

std::string random_federation(Stream& stream) {
  const auto device = [&](int count) {
    return "    - {count: " + std::to_string(count) + ", profile: {" +
           pick(stream, {"raspberry-pi-4", "jetson-nano", "stm32l4r5"}) +
           ": {noise: 0.5, straggling: 0.2, slowdown: " + pick(stream, {"2", "300", "100000"}) + "}}, link: " +
           pick(stream,
                {"wifi", "lte", "lte-m", "nb-iot-nb2", "ethernet", "ble", "lorawan-dr5", "{lte: {duty_cycle: 0.3}}"}) +
           "}\n";
  };
  return "federation: {rounds: " + std::to_string(2 + stream.below(6)) +
         ", seed: " + std::to_string(stream.below(1000)) +
         "}\nmodel: {fake: {size: " + std::to_string(1 + stream.below(400)) +
         "}}\ndata: {name: fake}\ntraining: {batch_size: 5}\nselection: {uniform: {cohort: " +
         std::to_string(1 + stream.below(20)) + ", over_selection: " + pick(stream, {"1", "1.5"}) +
         "}}\ndeadline: " + pick(stream, {"none", "1 h", "3 h"}) +
         "\nuplink: " + pick(stream, {"[]", "[{quantize: {bits: 4}}]"}) +
         "\ntopology:\n  cloud: {link: {up: 1 Mbit/s, down: 2 Mbit/s, latency: 3 ms}}\n  fog: " + random_tiers(stream) +
         "\n  devices:\n" + device(21) + device(9);
}

TEST(Accounts, BalanceAfterEveryEvent) {
  const auto registry = testing::fake_registry();
  const configs::Presets presets;
  std::uint64_t events = 0;
  for (std::uint64_t seed = 0; events < events_to_run(); ++seed) {
    Stream stream(seed, Purpose::plugin);
    const auto text = random_federation(stream);
    const auto document = configs::read_document_text(text, "f.yaml", {}, registry, presets);
    const auto assembly = federation::assemble(document);
    const Fleet fleet(document.configuration.devices);
    Auditor auditor(document.configuration, fleet);
    Federation federation(document.configuration, assembly,
                          testing::FakeBackend(stream.below(3) == 0 ? 4 : 0).start(assembly.training_setup(1)),
                          auditor);
    auditor.watch(federation);
    federation.run();
    auditor.check_end();
    events += auditor.events();
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << "\n" << text;
  }
}

}  // namespace
}  // namespace brume::sim
