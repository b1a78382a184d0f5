#pragma once

#include <cstdint>
#include <string>

#include "configs/configuration.hpp"

namespace brume::federation {

/// The way that a message takes over a link, seen from the device.
enum class Direction : std::uint8_t { down, up };

/// Bits a second that a link alone carries of messages in that direction, over a long time.
double link_rate(const configs::LinkSection& link, Direction direction);

/// Bits a second while it sends: link_rate() before the duty cycle.
double sending_rate(const configs::LinkSection& link, Direction direction);

/// Bits that a message takes of a link's sending rate: its own, or its LoRaWAN frames' time on air.
double link_bits(const configs::LinkSection& link, Direction direction, std::uint64_t bytes);

/// Seconds that a link alone takes for a message, from its first bit to its last.
double link_seconds(const configs::LinkSection& link, Direction direction, std::uint64_t bytes);

/// What that comes to for updates of ordinary size.
double bytes_per_second(const configs::LinkSection& link, Direction direction);

/// "200 MB × 8 / (26 kbit/s × 0.94) = 18 h 10 min", how link_seconds() comes about.
std::string link_arithmetic(const configs::LinkSection& link, Direction direction, std::uint64_t bytes);

/// Seconds on air of one LoRa frame with explicit header, CRC, coding rate 4/5, eight preamble symbols, 125 kHz
/// (Semtech AN1200.13, "LoRa Modem Designer's Guide", §4; low data rate optimisation at SF11 and SF12). `payload`:
/// bytes of the physical frame. `data_rate`: DR0 (SF12) to DR5 (SF7).
double lora_airtime(int data_rate, std::uint64_t payload);

/// Seconds on air of a message cut into LoRaWAN frames of EU868 (RP002: at most 51, 115 or 222 bytes each, behind 13
/// bytes of header and integrity code).
double lorawan_airtime(int data_rate, std::uint64_t bytes);

}  // namespace brume::federation
