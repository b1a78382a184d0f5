#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "cli/document_options.hpp"
#include "core/files.hpp"
#include "core/human.hpp"
#include "core/sha256.hpp"
#include "federation/assembly.hpp"
#include "records/summary.hpp"

namespace brume::cli {

namespace {

constexpr int kRuns = 7;
constexpr std::int64_t kFewSteps = 5;
constexpr std::int64_t kManySteps = 45;

struct BenchOptions {
  DocumentOptions document;
  std::string out;
};

// The device whose data take part: the one with the median number of examples among the first few.
DeviceIndex typical_device(const FederatedData& data) {
  std::vector<DeviceIndex> devices;
  for (DeviceIndex i = 0; i < std::min<std::uint64_t>(data.device_count(), 101); ++i) devices.push_back(i);
  std::sort(devices.begin(), devices.end(),
            [&](DeviceIndex a, DeviceIndex b) { return data.sample_count(a) < data.sample_count(b); });
  return devices[devices.size() / 2];
}

// Seconds of one task of so many steps on one thread, the median of several.
double seconds_of_task(federation::Assembly assembly, const LearningBackend& backend, std::int64_t steps) {
  assembly.plan.steps = steps;
  const auto workers = backend.start(assembly.training_setup(1));
  TrainingJob job;
  job.task.device = typical_device(*assembly.data);
  job.model = std::make_shared<const Parameters>(assembly.initial_model());
  job.model_digest = std::make_shared<const Digest>(job.model->digest());
  job.broadcast = std::make_shared<const std::vector<NamedVector>>();
  std::vector<double> times;
  for (int run = 0; run <= kRuns; ++run) {
    ++job.task.version;
    const auto started = std::chrono::steady_clock::now();
    workers.trainer->submit(job);
    const auto result = workers.trainer->take(job.task);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    if (!result.error.empty()) throw Error("a task failed: " + result.error);
    if (run > 0) times.push_back(took.count());  // the first one warms up
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

federation::MeasuredTime measure(const configs::Document& document, const federation::Assembly& assembly,
                                 const LearningBackend& backend) {
  const double few = seconds_of_task(assembly, backend, kFewSteps);
  const double many = seconds_of_task(assembly, backend, kManySteps);
  if (many <= few) throw Error("this machine is too busy to be measured: more steps took less time");
  const double step = (many - few) / static_cast<double>(kManySteps - kFewSteps);
  return {document.configuration.model.name,
          static_cast<std::int64_t>(assembly.facts.parameter_count()),
          assembly.facts.forward_flops,
          assembly.plan.batch_size,
          step,
          std::max(0.0, few - static_cast<double>(kFewSteps) * step),
          ""};
}

// A deadline, too little memory or a table that is yet to be made keep nobody from measuring.
configs::Document without_limits(configs::Document document) {
  document.configuration.deadline.reset();
  for (auto& group : document.configuration.devices) {
    group.profile.memory = 0;
    group.profile.timings.clear();
  }
  return document;
}

// Times that a table has already stay, unless they are for the same work.
std::vector<federation::MeasuredTime> merged(std::vector<federation::MeasuredTime> times,
                                             const federation::MeasuredTime& time) {
  std::erase_if(times, [&](const auto& other) { return other.same_work(time); });
  times.push_back(time);
  return times;
}

void run(const BenchOptions& options, Context& context) {
  const auto document = without_limits(options.document.read(context, options.document.overrides()));
  const auto assembly = federation::assemble(document);
  if (assembly.is_stand_in()) throw RequestError("a stand-in for a model takes no time that could be measured");
  if (!context.backend) throw RequestError("this build cannot train: it was made with -DBRUME_LEARNING=OFF");
  std::vector<federation::MeasuredTime> before;
  if (std::filesystem::exists(options.out)) before = federation::read_timing_table(options.out);
  if (const auto folder = std::filesystem::absolute(options.out).parent_path(); !std::filesystem::is_directory(folder))
    throw RequestError(fmt::format("cannot write to {}: {} is no folder", options.out, folder.string()));
  auto time = measure(document, assembly, *context.backend);
  const auto build = records::describe_build(context.backend->build());
  time.source = fmt::format("brume bench device {}, LibTorch {}, {}, one thread, {:%Y-%m-%d}", build.version,
                            build.libtorch, build.cpu, fmt::gmtime(std::time(nullptr)));
  const double flops = static_cast<double>(time.batch_size) * assembly.facts.training_flops();
  fmt::print("{}: {} us a step of {} examples, {} a second; {} us before the first step\n", time.model,
             std::llround(time.step * 1e6), time.batch_size, human_flops(flops / time.step),
             std::llround(time.start_up * 1e6));
  write_file_atomically(options.out, federation::to_yaml(merged(std::move(before), time)));
  const auto base = std::filesystem::absolute(document.path).parent_path();
  const auto relative = std::filesystem::absolute(options.out).lexically_proximate(base).string();
  fmt::print("written to {}; used in {} as  profile: {{PRESET: {{timings: {}}}}}\n", options.out,
             document.path.string(), relative);
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("bench", "Measure this machine");
  command->require_subcommand(1);
  auto* device = command->add_subcommand("device", "Measure how long a file's model trains here, for device profiles");
  auto options = std::make_shared<BenchOptions>();
  options->document.add_to(*device);
  options->out = "timings.yaml";
  device->add_option("--out", options->out, "Table to write, or to add to")->capture_default_str();
  device->callback([options, &context] { run(*options, context); });
}

}  // namespace brume::cli
