#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "brume/error.hpp"
#include "learning/data/samples.hpp"

namespace brume::learning {

namespace {

std::vector<std::uint32_t> shuffled(std::size_t count, Stream stream) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  stream.shuffle(std::span(order));
  return order;
}

class Chooser {
 public:
  Chooser(const Records& records, const SampleOptions& options, LearningTask task, std::uint64_t seed)
      : records_(records), options_(options), task_(task), seed_(seed) {}

  Samples run() && {
    const auto tests = test_devices();
    std::uint32_t first = 0;
    for (std::uint32_t device = 0; device < tests.size(); ++device) {
      const std::uint32_t end = first + rows_of(device, first);
      auto all = between(first, end);
      if (all.empty()) fail(device, fmt::format("has {} rows, which make no example", end - first));
      if (tests[device])
        result_.test.insert(result_.test.end(), all.begin(), all.end());
      else
        add(device, all);
      first = end;
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::uint32_t device, const std::string& what) const {
    throw RequestError(fmt::format("device '{}' {}", records_.device_names[device], what));
  }

  std::uint32_t rows_of(std::uint32_t device, std::uint32_t first) const {
    std::uint32_t rows = 0;
    while (first + rows < records_.count() && records_.devices[first + rows] == device) ++rows;
    return rows;
  }

  std::size_t share_of(std::size_t count) const {
    return std::min(static_cast<std::size_t>(options_.test_fraction * static_cast<double>(count)), count - 1);
  }

  std::vector<bool> test_devices() const {
    const std::size_t count = records_.device_names.size();
    std::vector<bool> chosen(count);
    if (options_.test_from != "devices") return chosen;
    const auto order = shuffled(count, {seed_, Purpose::test_split});
    for (std::size_t i = 0; i < share_of(count); ++i) chosen[order[i]] = true;
    return chosen;
  }

  bool lacks_label(std::uint32_t row) const {
    const bool lacks = records_.labels[row] < 0 || std::isnan(records_.targets[row]);
    if (lacks && !options_.skip_unlabelled)
      throw RequestError(records_.places[row] +
                         ": the row has no label or target; 'skip_unlabelled: true' leaves such rows out");
    return lacks;
  }

  std::vector<Sample> between(std::uint32_t first, std::uint32_t end) const {
    std::vector<Sample> samples;
    for (std::int64_t last = first + options_.window - 1; last + options_.horizon < end; last += options_.stride) {
      const auto labelled = static_cast<std::uint32_t>(last + options_.horizon);
      if (!lacks_label(labelled)) samples.push_back({static_cast<std::uint32_t>(last), labelled});
    }
    return samples;
  }

  void add(std::uint32_t device, const std::vector<Sample>& samples) {
    const bool at_random = options_.test_from == "random";
    const std::size_t tests = options_.test_from == "devices" ? 0 : share_of(samples.size());
    std::vector<bool> is_test(samples.size());
    const auto order = shuffled(samples.size(), {seed_, Purpose::test_split, device});
    for (std::size_t i = 0; i < tests; ++i) is_test[at_random ? order[i] : samples.size() - 1 - i] = true;
    const std::int64_t border = first_row_of_tests(samples, at_random ? 0 : tests);
    std::size_t added = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (is_test[i]) {
        result_.test.push_back(samples[i]);
      } else if (samples[i].labelled < border && !has_anomaly(samples[i])) {
        result_.training.push_back(samples[i]);
        result_.devices.push_back(devices_);
        ++added;
      }
    }
    if (added == 0) fail(device, "is left without examples to train on; lower test_fraction");
    ++devices_;
  }

  // Behind every row if the tests are not from the end.
  std::int64_t first_row_of_tests(const std::vector<Sample>& samples, std::size_t tests) const {
    if (tests == 0) return static_cast<std::int64_t>(records_.count());
    return std::int64_t{samples[samples.size() - tests].last} - options_.window + 1;
  }

  bool has_anomaly(const Sample& sample) const {
    if (task_ != LearningTask::reconstruction) return false;
    const auto end = records_.labels.begin() + sample.last + 1;
    return std::any_of(end - options_.window, end, [](std::int32_t label) { return label != 0; });
  }

  const Records& records_;
  const SampleOptions& options_;
  LearningTask task_;
  std::uint64_t seed_;
  std::uint32_t devices_ = 0;  // with training examples, so far
  Samples result_;
};

}  // namespace

Samples choose_samples(const Records& records, const SampleOptions& options, LearningTask task, std::uint64_t seed) {
  if (options.window > 1 && options.stride < options.window + options.horizon && options.test_from == "random")
    throw RequestError(
        "windows overlap, so that random ones as tests would be known from training: set 'test_from' to end or "
        "devices, "
        "or a stride of at least window and horizon");
  return Chooser(records, options, task, seed).run();
}

}  // namespace brume::learning
