#include "federation/task_timing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brume/random.hpp"
#include "configs/declared.hpp"
#include "core/human.hpp"

namespace brume::federation {

namespace {

void declare_time(Options& o, MeasuredTime& time) {
  o.text({"model", "its name, for readers"}, time.model);
  o.integer({"parameters", "of the model", true}, time.parameters, Range::at_least(1));
  o.number({"forward_flops", "of one example", true}, time.forward_flops, Range::at_least(0));
  o.integer({"batch_size", "examples a step", true}, time.batch_size, Range::at_least(1));
  o.quantity({"step", "time of one step", true}, Unit::seconds, time.step, Range::above(0));
  o.quantity({"start_up", "of a task before its first step"}, Unit::seconds, time.start_up);
  o.text({"source", "machine, program and day", true}, time.source);
}

void declare_table(Options& o, std::vector<MeasuredTime>& times) {
  o.sections({"times", "one for each model and batch size", true},
             {[&times] { return times.size(); }, [&times](std::size_t size) { times.resize(size); },
              [&times](std::size_t i, Options& inner) { declare_time(inner, times[i]); }});
}

bool is_for(const MeasuredTime& time, const ModelFacts& facts, const TrainingPlan& plan) {
  return static_cast<std::uint64_t>(time.parameters) == facts.parameter_count() &&
         time.forward_flops == facts.forward_flops && time.batch_size == plan.batch_size;
}

void set_roofline(TaskTiming& timing, const configs::DeviceProfile& profile, const ModelFacts& facts,
                  const TrainingPlan& plan) {
  const double flops = static_cast<double>(plan.batch_size) * facts.training_flops();
  const double arithmetic = flops / (profile.peak * profile.efficiency);
  const double traffic =
      profile.memory_bandwidth ? bytes_of_step(facts, plan.batch_size) / *profile.memory_bandwidth : 0;
  timing.step = std::max(arithmetic, traffic);
  timing.source = arithmetic >= traffic
                      ? fmt::format("roofline: {} a step at {} × {}", human_flops(flops),
                                    show_quantity(profile.peak, Unit::flops_per_second), profile.efficiency)
                      : fmt::format("roofline: {} a step at {}", human_bytes(bytes_of_step(facts, plan.batch_size)),
                                    show_quantity(*profile.memory_bandwidth, Unit::bytes_per_second));
}

}  // namespace

Duration TaskTiming::of(std::uint64_t seed, const TaskId& task, std::uint64_t examples) const {
  double time = seconds(static_cast<double>(examples));
  if (noise > 0 || straggling > 0) {
    Stream stream(seed, Purpose::training_time, task);
    if (stream.uniform() < straggling) time *= slowdown;
    time *= std::exp(noise * stream.normal());
  }
  return duration_from_seconds(time);
}

double bytes_of_step(const ModelFacts& facts, std::int64_t batch_size) {
  const auto parameters = static_cast<double>(facts.parameter_count());
  return sizeof(float) * (6 * parameters + 5 * facts.activations * static_cast<double>(batch_size));
}

std::vector<MeasuredTime> read_timing_table(const std::filesystem::path& path) {
  std::vector<MeasuredTime> times;
  configs::read_declared(path, [&](Options& options) { declare_table(options, times); });
  return times;
}

std::string to_yaml(const std::vector<MeasuredTime>& times) {
  std::string text = "times:\n";
  for (const auto& time : times)
    text += fmt::format(
        "  - {{model: {}, parameters: {}, forward_flops: {}, batch_size: {}, step: {}, start_up: {}, source: {}}}\n",
        yaml_scalar(time.model), time.parameters, show_number(time.forward_flops), time.batch_size,
        show_quantity(time.step, Unit::seconds), show_quantity(time.start_up, Unit::seconds), yaml_scalar(time.source));
  return text;
}

TaskTiming timing_of(const configs::DeviceProfile& profile, const ModelFacts& facts, const TrainingPlan& plan,
                     const std::filesystem::path& folder) {
  TaskTiming timing;
  timing.start_up = profile.start_up;
  timing.batch_size = static_cast<double>(plan.batch_size);
  timing.noise = profile.noise;
  timing.straggling = profile.straggling;
  timing.slowdown = profile.slowdown;
  set_roofline(timing, profile, facts, plan);
  if (profile.timings.empty()) return timing;
  const auto times = read_timing_table(folder / profile.timings);
  const auto found =
      std::find_if(times.begin(), times.end(), [&](const auto& time) { return is_for(time, facts, plan); });
  if (found == times.end()) {
    timing.source += fmt::format("; {} has no time for this model and batch size", profile.timings);
    return timing;
  }
  timing.step = found->step;
  timing.start_up += found->start_up;
  timing.source = fmt::format("measured: {} a step, {}", human_seconds(found->step), found->source);
  return timing;
}

}  // namespace brume::federation
