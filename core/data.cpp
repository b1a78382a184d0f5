#include "brume/data.hpp"

namespace brume {

std::size_t DataShape::width() const {
  std::size_t numbers = 1;
  for (const auto extent : features) numbers *= static_cast<std::size_t>(extent);
  return numbers;
}

std::int64_t DataShape::outputs() const {
  switch (task) {
    case LearningTask::classification:
      return classes;
    case LearningTask::regression:
      return 1;
    case LearningTask::reconstruction:
      break;
  }
  return static_cast<std::int64_t>(width());
}

void Examples::append(const Examples& from, std::size_t first, std::size_t rows) {
  const auto copy = [&](const auto& source, auto& to, std::size_t width) {
    const auto begin = source.begin() + static_cast<std::ptrdiff_t>(first * width);
    to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(rows * width));
  };
  if (rows == 0) return;
  copy(from.features, features, from.features.size() / from.count);
  copy(from.labels, labels, 1);
  if (!from.targets.empty()) copy(from.targets, targets, 1);
  count += rows;
}

std::string DataShape::text() const {
  std::string result;
  for (const auto extent : features) result += (result.empty() ? "" : "×") + std::to_string(extent);
  return result;
}

}  // namespace brume
