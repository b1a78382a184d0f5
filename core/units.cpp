#include "brume/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "core/suggestion.hpp"

namespace brume {

namespace {

struct Symbol {
  std::string_view text;
  double factor;
};

constexpr std::array kSeconds{Symbol{"ns", 1e-9}, Symbol{"us", 1e-6}, Symbol{"ms", 1e-3}, Symbol{"s", 1},
                              Symbol{"min", 60},  Symbol{"h", 3600},  Symbol{"d", 86400}};
constexpr std::array kBytes{Symbol{"B", 1},         Symbol{"kB", 1e3}, Symbol{"KiB", 1024},       Symbol{"MB", 1e6},
                            Symbol{"MiB", 1048576}, Symbol{"GB", 1e9}, Symbol{"GiB", 1073741824}, Symbol{"TB", 1e12}};
constexpr std::array kBits{Symbol{"bit/s", 1}, Symbol{"kbit/s", 1e3}, Symbol{"Mbit/s", 1e6}, Symbol{"Gbit/s", 1e9}};
constexpr std::array kWatts{Symbol{"uW", 1e-6}, Symbol{"mW", 1e-3}, Symbol{"W", 1}, Symbol{"kW", 1e3}};
constexpr std::array kFlops{Symbol{"FLOP/s", 1}, Symbol{"kFLOP/s", 1e3}, Symbol{"MFLOP/s", 1e6}, Symbol{"GFLOP/s", 1e9},
                            Symbol{"TFLOP/s", 1e12}};
constexpr std::array kByteRates{Symbol{"B/s", 1}, Symbol{"kB/s", 1e3}, Symbol{"MB/s", 1e6}, Symbol{"GB/s", 1e9}};

std::span<const Symbol> symbols(Unit unit) {
  switch (unit) {
    case Unit::seconds:
      return kSeconds;
    case Unit::bytes:
      return kBytes;
    case Unit::bits_per_second:
      return kBits;
    case Unit::watts:
      return kWatts;
    case Unit::flops_per_second:
      return kFlops;
    case Unit::bytes_per_second:
      return kByteRates;
  }
  return {};
}

std::string_view example(Unit unit) {
  switch (unit) {
    case Unit::seconds:
      return "15 ms";
    case Unit::bytes:
      return "256 kB";
    case Unit::bits_per_second:
      return "10 Mbit/s";
    case Unit::watts:
      return "5 W";
    case Unit::flops_per_second:
      return "10 GFLOP/s";
    case Unit::bytes_per_second:
      return "25 GB/s";
  }
  return "";
}

}  // namespace

std::vector<std::string> unit_symbols(Unit unit) {
  std::vector<std::string> texts;
  for (const auto& symbol : symbols(unit)) texts.emplace_back(symbol.text);
  return texts;
}

ParsedQuantity parse_quantity(std::string_view text, Unit unit) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || !std::isfinite(number))
    return {0, fmt::format("must be a number with a unit, such as '{}', not '{}'", example(unit), text)};
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  if (rest.empty()) return {0, fmt::format("has no unit; write for example '{}'", example(unit))};
  for (const auto& symbol : symbols(unit))
    if (symbol.text == rest) {
      const double value = number * symbol.factor;
      return {value, std::isfinite(value) ? "" : fmt::format("is too large: '{}'", text)};
    }
  return {0, fmt::format("has unknown unit '{}'; {}", rest, suggestion(rest, unit_symbols(unit)))};
}

std::string show_quantity(double value, Unit unit) {
  const auto all = symbols(unit);
  std::string best;
  std::size_t fewest = 0;
  for (const auto& symbol : all) {
    const std::string number = show_number(value / symbol.factor);
    const std::string text = fmt::format("{} {}", number, symbol.text);
    if (value != 0 && parse_quantity(text, unit).value != value) continue;
    if (value == 0 && symbol.factor != 1) continue;
    if (!best.empty() && number.size() > fewest) continue;
    best = text;
    fewest = number.size();
  }
  if (!best.empty()) return best;
  for (const auto& symbol : all)
    if (symbol.factor == 1) return fmt::format("{} {}", show_number(value), symbol.text);
  return show_number(value);
}

std::string show_number(double value) { return fmt::format("{}", value); }

}  // namespace brume
