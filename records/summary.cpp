#include "records/summary.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace brume::records {

namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json number(double value) { return std::isnan(value) ? Json() : Json(value); }

// "AMD EPYC, avx512f": the processor and the widest vectors that libraries choose their kernels by.
std::string describe_cpu() {
  std::ifstream file("/proc/cpuinfo");
  std::string model = "unknown";
  std::string widest = "baseline";
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    if (line.starts_with("model name") && colon + 2 <= line.size()) model = line.substr(colon + 2);
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    for (const auto* flag : {"asimd", "avx2", "avx512f"})
      if (line.find(std::string(" ") + flag) != std::string::npos) widest = flag;
  }
  return model + ", " + widest;
}

Json devices_of(const Summary& summary) {
  Json devices = Json::array();
  for (const auto& one : summary.devices) {
    Json states = Json::object();
    for (const auto& state : one.states)
      states[state.name] = {{"seconds", state.seconds}, {"joules", or_null(state.joules)}};
    devices.push_back({{"name", one.name}, {"count", one.count}, {"timing", one.timing}, {"states", states}});
  }
  return devices;
}

}  // namespace

Build describe_build(const LearningBuild& learning) {
  return {BRUME_VERSION, std::string("GCC ") + __VERSION__, learning.libtorch, learning.blas, describe_cpu()};
}

std::string describe(const DeviceMetrics& metrics) {
  const bool classified = !std::isnan(metrics.accuracy);
  return fmt::format("{}{:.4f} on average over {}, worst decile {:.4f}", classified ? "" : "loss ",
                     classified ? metrics.accuracy : metrics.loss, metrics.devices, metrics.worst_decile);
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

Json to_json(const Summary& s) {
  Json metrics{{"loss", nullptr}, {"accuracy", nullptr}};
  if (s.metrics) {
    metrics = {{"loss", s.metrics->loss}, {"accuracy", number(s.metrics->accuracy)}};
    for (const auto& other : s.metrics->others) metrics[other.name] = number(other.value);
    for (const double accuracy : s.metrics->class_accuracy) metrics["class_accuracy"].push_back(number(accuracy));
  }
  if (s.on_devices)
    metrics["devices"] = {{"count", s.on_devices->devices},
                          {"loss", s.on_devices->loss},
                          {"accuracy", number(s.on_devices->accuracy)},
                          {"worst_decile", s.on_devices->worst_decile},
                          {"deciles", s.on_devices->deciles}};
  return {
      {"name", s.name},
      {"seed", s.seed},
      {"rounds", s.rounds},
      {"workers", s.workers},
      {"wall_seconds", s.wall_seconds},
      {"virtual_seconds", s.virtual_seconds},
      {"peak_rss_bytes", s.peak_rss_bytes},
      {"metrics", metrics},
      {"target",
       {{s.target ? s.target->metric : "accuracy", s.target ? Json(s.target->value) : Json()},
        {"reached_round", or_null(s.target_round)},
        {"reached_virtual_seconds", or_null(s.target_virtual_seconds)}}},
      {"bytes",
       {{"device_up", s.device_up_bytes},
        {"device_down", s.device_down_bytes},
        {"fog_up", s.fog_up_bytes},
        {"fog_down", s.fog_down_bytes}}},
      {"energy_joules",
       {{"compute", s.compute_joules}, {"radio", s.radio_joules}, {"idle", s.idle_joules}, {"sleep", s.sleep_joules}}},
      {"devices", devices_of(s)},
      {"updates", {{"included", s.included}, {"late", s.late}, {"refused", s.refused}, {"failed", s.failed}}},
      {"first_problem", s.first_problem.empty() ? Json() : Json(s.first_problem)},
      {"parameters_sha256", s.parameters_sha256},
      {"events_sha256", s.events_sha256},
      {"build",
       {{"version", s.build.version},
        {"compiler", s.build.compiler},
        {"libtorch", s.build.libtorch},
        {"blas", s.build.blas},
        {"cpu", s.build.cpu}}},
      {"interrupted", s.interrupted}};
}

}  // namespace brume::records
