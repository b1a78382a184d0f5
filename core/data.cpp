#include "brume/data.hpp"

namespace brume {

std::size_t DataShape::width() const {
  std::size_t numbers = 1;
  for (const auto extent : features) numbers *= static_cast<std::size_t>(extent);
  return numbers;
}

std::string DataShape::text() const {
  std::string result;
  for (const auto extent : features) result += (result.empty() ? "" : "×") + std::to_string(extent);
  return result;
}

}  // namespace brume
