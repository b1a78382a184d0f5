#include "learning/data/samples.hpp"

#include <algorithm>
#include <cmath>

#include "learning/data/standardize.hpp"

namespace brume::learning {

namespace {

class SampleTable final : public PooledData {
 public:
  SampleTable(Records records, Samples samples, const SampleOptions& options, LearningTask task, bool standardize)
      : records_(std::move(records)),
        samples_(std::move(samples)),
        window_(static_cast<std::size_t>(options.window)),
        overlap_(static_cast<std::uint64_t>((options.window + options.horizon - 1) / options.stride)) {
    const std::int64_t window = options.window;
    const auto columns = static_cast<std::int64_t>(records_.columns.size());
    shape_.features = window == 1 ? std::vector{columns} : std::vector{columns, window};
    shape_.task = task;
    shape_.classes = static_cast<std::int64_t>(records_.classes.size());
    prepare(standardize);
    if (!records_.has_devices) samples_.devices.clear();
    for (const auto& sample : samples_.training)
      labels_.push_back(task == LearningTask::classification ? records_.labels[sample.labelled] : 0);
  }

  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return labels_; }
  std::span<const std::uint32_t> natural_devices() const override { return samples_.devices; }
  void copy(std::span<const std::uint32_t> rows, Examples& examples) const override {
    begin(rows.size(), examples);
    for (std::size_t i = 0; i < rows.size(); ++i) copy(samples_.training[rows[i]], i, examples);
  }
  std::uint64_t overlap() const override { return overlap_; }
  std::uint64_t test_count() const override { return samples_.test.size(); }
  void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    begin(count, examples);
    for (std::size_t i = 0; i < count; ++i) copy(samples_.test[first + i], i, examples);
  }

 private:
  std::size_t columns() const { return records_.columns.size(); }

  // Every device adds up the rows that its training examples see, each once; all see the sums' sum alone.
  void prepare(bool standardize) {
    ColumnSums features(columns());
    ColumnSums targets(1);
    for (std::size_t first = 0, end = 0; first < samples_.training.size(); first = end) {
      ColumnSums own(columns());
      ColumnSums own_targets(1);
      std::size_t seen = 0;  // rows before it are counted
      for (end = first; end < samples_.training.size() && samples_.devices[end] == samples_.devices[first]; ++end) {
        const auto& sample = samples_.training[end];
        for (std::size_t row = std::max(seen, sample.last + 1 - window_); row <= sample.last; ++row)
          for (std::size_t c = 0; c < columns(); ++c) own.add(c, records_.values[row * columns() + c]);
        seen = sample.last + 1;
        own_targets.add(0, static_cast<float>(records_.targets[sample.labelled]));
      }
      features.add(own);
      targets.add(own_targets);
    }
    apply(features.moments(), standardize);
    if (shape_.task == LearningTask::regression && standardize) scale_targets(targets.moments().front());
  }

  void apply(const std::vector<Moments>& moments, bool standardize) {
    for (std::size_t i = 0; i < records_.values.size(); ++i) {
      float& value = records_.values[i];
      const auto& column = moments[i % columns()];
      if (standardize)
        value = column.standardized(value);
      else if (std::isnan(value))
        value = static_cast<float>(column.mean);
    }
  }

  void scale_targets(const Moments& moments) {
    for (double& target : records_.targets) target = double{moments.standardized(static_cast<float>(target))};
    shape_.target_mean = moments.mean;
    if (moments.deviation > 0) shape_.target_deviation = moments.deviation;
  }

  void begin(std::size_t count, Examples& examples) const {
    examples.resize(count, shape_.width());
    if (shape_.task == LearningTask::regression) examples.targets.resize(count);
  }

  // A window lies channel after channel: columns × steps.
  void copy(const Sample& sample, std::size_t to, Examples& examples) const {
    const std::size_t first = sample.last + 1 - window_;
    float* out = examples.features.data() + to * columns() * window_;
    for (std::size_t step = 0; step < window_; ++step)
      for (std::size_t c = 0; c < columns(); ++c)
        out[c * window_ + step] = records_.values[(first + step) * columns() + c];
    examples.labels[to] = label_of(sample, first);
    if (shape_.task == LearningTask::regression)
      examples.targets[to] = static_cast<float>(records_.targets[sample.labelled]);
  }

  std::int32_t label_of(const Sample& sample, std::size_t first) const {
    if (shape_.task != LearningTask::reconstruction) return records_.labels[sample.labelled];
    const auto begin = records_.labels.begin();
    return *std::max_element(begin + static_cast<std::ptrdiff_t>(first), begin + sample.last + 1);
  }

  Records records_;
  Samples samples_;
  std::size_t window_;
  std::uint64_t overlap_;
  DataShape shape_;
  std::vector<std::int32_t> labels_;
};

}  // namespace

std::shared_ptr<const PooledData> make_samples(Records records, Samples samples, const SampleOptions& options,
                                               LearningTask task, bool standardize) {
  return std::make_shared<SampleTable>(std::move(records), std::move(samples), options, task, standardize);
}

}  // namespace brume::learning
