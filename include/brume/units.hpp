#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace brume {

/// The dimensions that quantities in a configuration have. The value behind each is in the base unit named here.
enum class Unit : std::uint8_t {
  seconds,           ///< ns, us, ms, s, min, h, d
  bytes,             ///< B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB
  bits_per_second,   ///< bit/s, kbit/s, Mbit/s, Gbit/s
  watts,             ///< uW, mW, W, kW
  flops_per_second,  ///< FLOP/s, kFLOP/s, MFLOP/s, GFLOP/s, TFLOP/s
  bytes_per_second,  ///< B/s, kB/s, MB/s, GB/s
};

/// The symbols that a unit may be written with, smallest first.
std::vector<std::string> unit_symbols(Unit unit);

struct ParsedQuantity {
  double value = 0;   ///< in the base unit
  std::string error;  ///< "" or what is wrong
};

/// "10 Mbit/s" → 1e7. The number and the symbol may stand together or apart; a symbol is always needed.
ParsedQuantity parse_quantity(std::string_view text, Unit unit);

/// A text that parses to the same value: the shortest number, in the largest unit among equals. 1e7 → "10 Mbit/s".
std::string show_quantity(double value, Unit unit);

/// The shortest decimal text that reads back as the same double.
std::string show_number(double value);

}  // namespace brume
