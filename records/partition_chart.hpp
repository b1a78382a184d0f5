#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace brume::records {

/// What one device holds.
struct Holding {
  std::uint64_t device = 0;
  std::uint64_t examples = 0;
  std::vector<std::uint64_t> by_class;  ///< empty where nothing is classified
};

/// Bars of how many examples each device has, in the order given, divided by class: an SVG element.
std::string svg(const std::vector<Holding>& devices, const std::string& title);

}  // namespace brume::records
