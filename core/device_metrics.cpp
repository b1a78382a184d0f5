#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "brume/training.hpp"

namespace brume {

std::optional<double> Metrics::find(std::string_view name) const {
  if (name == "loss") return loss;
  if (name == "accuracy") return std::isnan(accuracy) ? std::nullopt : std::optional(accuracy);
  for (const auto& other : others)
    if (other.name == name) return other.value;
  return std::nullopt;
}

NamedScalar Metrics::headline() const {
  if (!std::isnan(accuracy)) return {"accuracy", accuracy};
  return others.empty() ? NamedScalar{"loss", loss} : others.front();
}

bool Target::reached_by(const Metrics& metrics) const {
  const auto found = metrics.find(metric);
  return found && (lower_is_better ? *found <= value : *found >= value);
}

DeviceMetrics summarise(const std::vector<Metrics>& devices) {
  DeviceMetrics result;
  std::vector<double> accuracies;
  std::vector<double> losses;
  for (const auto& one : devices) {
    if (one.examples == 0) continue;
    accuracies.push_back(one.accuracy);
    losses.push_back(one.loss);
  }
  result.devices = losses.size();
  if (losses.empty()) return result;
  const auto mean = [](const auto& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  result.loss = mean(losses);
  result.accuracy = mean(accuracies);
  // From the worst served to the best.
  const bool by_loss = std::isnan(result.accuracy);
  auto& served = by_loss ? losses : accuracies;
  std::sort(served.begin(), served.end());
  if (by_loss) std::reverse(served.begin(), served.end());
  const auto count = static_cast<double>(served.size());
  const auto worst = static_cast<std::size_t>(std::max(1.0, std::floor(count / 10)));
  result.worst_decile = mean(std::span(served).first(worst));
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const double rank = std::ceil(count * tenth / 10);
    result.deciles.push_back(served[static_cast<std::size_t>(std::max(1.0, rank)) - 1]);
  }
  return result;
}

}  // namespace brume
