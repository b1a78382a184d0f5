#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace brume::learning {

/// Numbers for the different values of a column, in the order in which they are first seen; ordered() then renumbers
/// them by their natural order: numbers by value and before words.
class Dictionary {
 public:
  std::uint32_t number_of(const std::string& value);
  std::size_t size() const { return names_.size(); }

  struct Order {
    std::vector<std::string> names;
    std::vector<std::uint32_t> place;  ///< of each number
  };
  Order ordered() const;

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

}  // namespace brume::learning
