#include <algorithm>
#include <cmath>
#include <numeric>

#include "brume/training.hpp"

namespace brume {

DeviceMetrics summarise(const std::vector<Metrics>& devices) {
  DeviceMetrics result;
  std::vector<double> accuracies;
  for (const auto& one : devices) {
    if (one.examples == 0) continue;
    accuracies.push_back(one.accuracy);
    result.loss += one.loss;
  }
  result.devices = accuracies.size();
  if (accuracies.empty()) return result;
  std::sort(accuracies.begin(), accuracies.end());
  const auto count = static_cast<double>(accuracies.size());
  const auto worst = static_cast<std::ptrdiff_t>(std::max(1.0, std::floor(count / 10)));
  result.loss /= count;
  result.accuracy = std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / count;
  result.worst_decile =
      std::accumulate(accuracies.begin(), accuracies.begin() + worst, 0.0) / static_cast<double>(worst);
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const double rank = std::ceil(count * tenth / 10);
    result.deciles.push_back(accuracies[static_cast<std::size_t>(std::max(1.0, rank)) - 1]);
  }
  return result;
}

}  // namespace brume
