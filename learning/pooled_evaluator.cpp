#include "learning/pooled_evaluator.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>

#include "brume/error.hpp"

namespace brume::learning {

namespace {

constexpr std::uint64_t kSlice = 250;

}  // namespace

PooledEvaluator::PooledEvaluator(const TrainingSetup& setup, std::shared_ptr<WorkerPool> pool,
                                 std::shared_ptr<Workbenches> benches)
    : data_(setup.data), interrupted_(setup.interrupted), pool_(std::move(pool)), benches_(std::move(benches)) {}

Metrics PooledEvaluator::evaluate(const Parameters& model) {
  const std::uint64_t examples = data_->test_count();
  std::vector<Slice> slices((examples + kSlice - 1) / kSlice);
  std::vector<std::exception_ptr> failures(slices.size());
  std::atomic<std::size_t> left = slices.size();
  for (std::size_t i = 0; i < slices.size(); ++i) {
    pool_->post(Time::min(), [&, i](unsigned worker) {
      try {
        const std::uint64_t first = i * kSlice;
        slices[i] = evaluate_slice(model, first, std::min(kSlice, examples - first), *(*benches_)[worker]);
      } catch (...) {
        failures[i] = std::current_exception();
      }
      --left;
    });
  }
  pool_->work_until([&] { return left == 0; });
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return total(slices);
}

PooledEvaluator::Slice PooledEvaluator::evaluate_slice(const Parameters& model, std::uint64_t first,
                                                       std::uint64_t count, Workbench& bench) const {
  if (interrupted_ && interrupted_()) throw Interrupted();
  const auto classes = static_cast<std::size_t>(data_->shape().classes);
  Slice slice{0, std::vector<std::uint64_t>(classes), std::vector<std::uint64_t>(classes)};
  auto& examples = bench.device_examples;
  data_->load_test(first, count, examples);
  const auto rows = bench.network.log_probabilities(
      model.values(), {examples.features.data(), examples.labels.data(), static_cast<std::int64_t>(count)});
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = rows.subspan(i * classes, classes);
    const auto label = static_cast<std::size_t>(examples.labels[i]);
    const auto predicted = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    slice.loss -= row[label];
    ++slice.seen[label];
    if (predicted == label) ++slice.correct[label];
  }
  return slice;
}

Metrics PooledEvaluator::total(const std::vector<Slice>& slices) const {
  const auto classes = static_cast<std::size_t>(data_->shape().classes);
  std::vector<std::uint64_t> seen(classes);
  std::vector<std::uint64_t> correct(classes);
  Metrics metrics;
  std::uint64_t right = 0;
  for (const auto& slice : slices) {
    metrics.loss += slice.loss;
    for (std::size_t c = 0; c < classes; ++c) {
      seen[c] += slice.seen[c];
      correct[c] += slice.correct[c];
      right += slice.correct[c];
      metrics.examples += slice.seen[c];
    }
  }
  if (metrics.examples == 0) return metrics;
  metrics.loss /= static_cast<double>(metrics.examples);
  metrics.accuracy = static_cast<double>(right) / static_cast<double>(metrics.examples);
  for (std::size_t c = 0; c < classes; ++c)
    metrics.class_accuracy.push_back(seen[c] == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                  : static_cast<double>(correct[c]) / static_cast<double>(seen[c]));
  return metrics;
}

}  // namespace brume::learning
