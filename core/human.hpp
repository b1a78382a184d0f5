#pragma once

#include <cstdint>
#include <string>

namespace brume {

// Figures for people, three digits: never parsed again.
std::string human_bytes(double bytes);         ///< "12.3 MB"
std::string human_seconds(double seconds);     ///< "340 ms", "12.5 s", "3 min 20 s", "2 h 05 min", "4 d 03 h"
std::string human_flops(double flops);         ///< "1.23 TFLOP"
std::string human_joules(double joules);       ///< "160 mJ", "12.3 kJ"
std::string human_count(std::uint64_t count);  ///< "28,938"

}  // namespace brume
