#include "federation/link_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/human.hpp"

namespace brume::federation {

namespace {

constexpr std::uint64_t kLorawanOverhead = 13;
constexpr std::uint64_t kLorawanPayload[] = {51, 51, 51, 115, 222, 222};  // by data rate

bool is_lora(const configs::LinkSection& link) { return link.lora != "none"; }
int data_rate_of(const configs::LinkSection& link) { return link.lora.back() - '0'; }

}  // namespace

double sending_rate(const configs::LinkSection& link, Direction direction) {
  return (direction == Direction::up ? link.up : link.down) * link.goodput;
}

double link_rate(const configs::LinkSection& link, Direction direction) {
  return sending_rate(link, direction) * link.duty_cycle;
}

double link_bits(const configs::LinkSection& link, Direction direction, std::uint64_t bytes) {
  return is_lora(link) ? lorawan_airtime(data_rate_of(link), bytes) * sending_rate(link, direction)
                       : 8.0 * static_cast<double>(bytes);
}

double link_seconds(const configs::LinkSection& link, Direction direction, std::uint64_t bytes) {
  return link_bits(link, direction, bytes) / link_rate(link, direction);
}

double bytes_per_second(const configs::LinkSection& link, Direction direction) {
  constexpr std::uint64_t kSome = 100'000;
  return static_cast<double>(kSome) / link_seconds(link, direction, kSome);
}

std::string link_arithmetic(const configs::LinkSection& link, Direction direction, std::uint64_t bytes) {
  const auto size = human_bytes(static_cast<double>(bytes));
  const auto seconds = human_seconds(link_seconds(link, direction, bytes));
  const auto duty = link.duty_cycle < 1 ? fmt::format(" × {} of the time", link.duty_cycle) : "";
  if (is_lora(link))
    return fmt::format("{} in LoRaWAN frames, {} on air at {}{} = {}", size,
                       human_seconds(lorawan_airtime(data_rate_of(link), bytes)), link.lora,
                       duty.empty() ? "" : fmt::format(" / {} of the time", link.duty_cycle), seconds);
  return fmt::format("{} × 8 / ({} × {}{}) = {}", size,
                     show_quantity(direction == Direction::up ? link.up : link.down, Unit::bits_per_second),
                     link.goodput, duty, seconds);
}

double lora_airtime(int data_rate, std::uint64_t payload) {
  const int spreading = 12 - data_rate;
  const double symbol = std::pow(2.0, spreading) / 125e3;
  const int optimised = spreading >= 11 ? 2 : 0;
  const double bits = 8.0 * static_cast<double>(payload) - 4.0 * spreading + 28 + 16;
  const double blocks = std::max(0.0, std::ceil(bits / (4.0 * (spreading - optimised))));
  return (8 + 4.25 + 8 + 5 * blocks) * symbol;
}

double lorawan_airtime(int data_rate, std::uint64_t bytes) {
  const auto most = kLorawanPayload[data_rate];
  const auto whole = static_cast<double>(bytes / most);
  const auto rest = bytes % most;
  const double last = rest > 0 || bytes == 0 ? lora_airtime(data_rate, rest + kLorawanOverhead) : 0;
  return whole * lora_airtime(data_rate, most + kLorawanOverhead) + last;
}

}  // namespace brume::federation
