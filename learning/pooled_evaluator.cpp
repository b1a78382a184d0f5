#include "learning/pooled_evaluator.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

#include "brume/error.hpp"
#include "core/local_training.hpp"

namespace brume::learning {

namespace {

constexpr std::uint64_t kSlice = 250;

}  // namespace

PooledEvaluator::PooledEvaluator(const TrainingSetup& setup, std::shared_ptr<WorkerPool> pool,
                                 std::shared_ptr<Workbenches> benches)
    : setup_(setup), pool_(std::move(pool)), benches_(std::move(benches)) {}

// All of them end before the first failure is thrown on.
void PooledEvaluator::on_workers(std::size_t tasks,
                                 const std::function<void(std::size_t task, Workbench& bench)>& work) const {
  std::vector<std::exception_ptr> failures(tasks);
  std::atomic<std::size_t> left = tasks;
  for (std::size_t i = 0; i < tasks; ++i) {
    pool_->post(Time::min(), [&, i](unsigned worker) {
      try {
        if (setup_.interrupted && setup_.interrupted()) throw Interrupted();
        work(i, *(*benches_)[worker]);
      } catch (...) {
        failures[i] = std::current_exception();
      }
      --left;
    });
  }
  pool_->work_until([&] { return left == 0; });
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

Metrics PooledEvaluator::evaluate(const Parameters& model) {
  const std::uint64_t examples = setup_.data->test_count();
  std::vector<Scores> slices((examples + kSlice - 1) / kSlice, no_scores());
  on_workers(slices.size(), [&](std::size_t i, Workbench& bench) {
    const std::uint64_t first = i * kSlice;
    const std::uint64_t count = std::min(kSlice, examples - first);
    setup_.data->load_test(first, count, bench.device_examples);
    slices[i] = score_rows(model.values(), bench.device_examples, 0, count, *bench.network);
  });
  auto all = no_scores();
  for (const auto& slice : slices) all.add(slice);
  return all.metrics();
}

std::vector<Metrics> PooledEvaluator::evaluate_on_devices(const std::vector<TrainingJob>& jobs) {
  std::vector<Metrics> metrics(jobs.size());
  on_workers(jobs.size(), [&](std::size_t i, Workbench& bench) { metrics[i] = evaluate_on_device(jobs[i], bench); });
  return metrics;
}

Metrics PooledEvaluator::evaluate_on_device(const TrainingJob& job, Workbench& bench) const {
  State state = job.algorithm_state;
  std::span<const float> model = std::as_const(*job.model).values();
  if (setup_.algorithm->traits().personal) {
    WorkbenchContext context(setup_, job, state, bench);
    name_failure(*setup_.algorithm, [&] { setup_.algorithm->personalise(context); });
    model = context.model();  // the bench's, which stays
  }
  auto& examples = bench.device_examples;
  setup_.data->load_device_test(job.task.device, examples);
  auto all = no_scores();
  for (std::size_t first = 0; first < examples.count; first += kSlice) {
    const auto count = std::min<std::size_t>(kSlice, examples.count - first);
    all.add(score_rows(model, examples, first, count, *bench.network));
  }
  return all.metrics();
}

Scores PooledEvaluator::score_rows(std::span<const float> model, const Examples& examples, std::size_t first,
                                   std::size_t count, Network& network) const {
  const BatchView batch{examples.features.data() + first * setup_.data->shape().width(), examples.labels.data() + first,
                        examples.targets.empty() ? nullptr : examples.targets.data() + first,
                        static_cast<std::int64_t>(count)};
  auto scores = no_scores();
  scores.add(network.outputs(model, batch), batch, network.objective());
  return scores;
}

}  // namespace brume::learning
