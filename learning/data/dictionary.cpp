#include "learning/data/dictionary.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace brume::learning {

namespace {

bool natural_less(const std::string& a, const std::string& b) {
  double x = 0;
  double y = 0;
  const auto is_number = [](const std::string& text, double& value) {
    const char* end = text.data() + text.size();
    return !text.empty() && std::from_chars(text.data(), end, value).ptr == end && std::isfinite(value);
  };
  const bool a_number = is_number(a, x);
  const bool b_number = is_number(b, y);
  if (a_number && b_number && x != y) return x < y;
  if (a_number != b_number) return a_number;
  return a < b;
}

}  // namespace

std::uint32_t Dictionary::number_of(const std::string& value) {
  const auto [entry, is_new] = numbers_.emplace(value, static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(value);
  return entry->second;
}

Dictionary::Order Dictionary::ordered() const {
  std::vector<std::uint32_t> numbers(names_.size());
  std::iota(numbers.begin(), numbers.end(), 0U);
  std::sort(numbers.begin(), numbers.end(), [&](auto a, auto b) { return natural_less(names_[a], names_[b]); });
  Order order;
  order.place.resize(numbers.size());
  for (const auto number : numbers) {
    order.place[number] = static_cast<std::uint32_t>(order.names.size());
    order.names.push_back(names_[number]);
  }
  return order;
}

}  // namespace brume::learning
