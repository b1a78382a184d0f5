#include "core/human.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace brume {

namespace {

std::string three_digits(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}", value, value >= 10 ? 1 : 2);
}

std::string scaled(double value, const char* unit) {
  constexpr std::array<const char*, 6> kPrefixes{"", "k", "M", "G", "T", "P"};
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < kPrefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  return fmt::format("{} {}{}", prefix == 0 ? fmt::format("{:.0f}", value) : three_digits(value), kPrefixes[prefix],
                     unit);
}

}  // namespace

std::string human_bytes(double bytes) { return scaled(bytes, "B"); }

std::string human_flops(double flops) { return scaled(flops, "FLOP"); }

std::string human_joules(double joules) {
  return joules < 0.9995 ? fmt::format("{} mJ", three_digits(joules * 1000)) : scaled(joules, "J");
}

std::string human_seconds(double seconds) {
  if (seconds < 0.9995) return fmt::format("{} ms", three_digits(seconds * 1000));
  if (seconds < 120) return fmt::format("{} s", three_digits(seconds));
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 7200) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 172800) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {:02} h", whole / 86400, whole / 3600 % 24);
}

std::string human_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

}  // namespace brume
