#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/context.hpp"
#include "cli/document_options.hpp"
#include "core/files.hpp"
#include "core/human.hpp"
#include "federation/assembly.hpp"
#include "records/partition_chart.hpp"

namespace brume::cli {

namespace {

struct InspectOptions {
  DocumentOptions document;
  std::uint64_t devices_shown = 20;
  std::string svg;
  bool json = false;
};

const char* name_of(LearningTask task) {
  switch (task) {
    case LearningTask::classification:
      return "classification";
    case LearningTask::regression:
      return "regression";
    case LearningTask::reconstruction:
      break;
  }
  return "reconstruction";
}

records::Holding holding_of(const FederatedData& data, DeviceIndex device) {
  records::Holding holding{device, data.sample_count(device), {}};
  if (data.shape().task != LearningTask::classification || !data.has_examples()) return holding;
  Examples examples;
  data.load(device, examples);
  holding.by_class.resize(static_cast<std::size_t>(data.shape().classes));
  for (const auto label : examples.labels) ++holding.by_class[static_cast<std::size_t>(label)];
  return holding;
}

// So many devices, evenly spaced by index.
std::vector<records::Holding> some_devices(const FederatedData& data, std::uint64_t count) {
  const auto all = data.device_count();
  const auto shown = std::min(all, std::max<std::uint64_t>(1, count));
  std::vector<records::Holding> holdings;
  for (std::uint64_t i = 0; i < shown; ++i) holdings.push_back(holding_of(data, i * all / shown));
  return holdings;
}

struct Quantities {
  std::uint64_t total = 0;
  std::vector<std::uint64_t> sorted;  // a device each

  std::uint64_t at(double share) const {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  }
};

Quantities quantities_of(const FederatedData& data) {
  Quantities result;
  for (DeviceIndex device = 0; device < data.device_count(); ++device)
    result.sorted.push_back(data.sample_count(device));
  std::sort(result.sorted.begin(), result.sorted.end());
  result.total = std::accumulate(result.sorted.begin(), result.sorted.end(), std::uint64_t{0});
  return result;
}

std::string class_text(const records::Holding& holding) {
  std::vector<std::size_t> order(holding.by_class.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return holding.by_class[a] > holding.by_class[b]; });
  std::string text;
  const auto present = holding.by_class.size() -
                       static_cast<std::size_t>(std::count(holding.by_class.begin(), holding.by_class.end(), 0U));
  for (std::size_t i = 0; i < std::min<std::size_t>(present, 4); ++i)
    text += fmt::format("{}{}: {}", i > 0 ? ", " : "", order[i], holding.by_class[order[i]]);
  return fmt::format("{:>7}  {}{}", present, text, present > 4 ? ", …" : "");
}

void print_table(const FederatedData& data, const Quantities& quantities,
                 const std::vector<records::Holding>& holdings) {
  const auto& shape = data.shape();
  fmt::print("task        {}{}{}\n", name_of(shape.task),
             shape.classes > 0 ? fmt::format(", {} classes", shape.classes) : "",
             shape.symbols > 0 ? fmt::format(", {} symbols", shape.symbols) : "");
  fmt::print("an example  {} numbers{}\n", shape.text(),
             shape.task == LearningTask::regression
                 ? fmt::format("; a target of 1 is {:.4g} in its own unit", shape.target_deviation)
                 : "");
  fmt::print("examples    {} on {} devices, {} for tests\n", human_count(quantities.total),
             human_count(data.device_count()), human_count(data.test_count()));
  fmt::print("a device    {} at least, median {}, {} at most\n\n", human_count(quantities.at(0)),
             human_count(quantities.at(0.5)), human_count(quantities.at(1)));
  const bool classes = !holdings.front().by_class.empty();
  fmt::print("{:>10}  {:>9}{}\n", "device", "examples", classes ? "  classes  the most of" : "");
  for (const auto& holding : holdings)
    fmt::print("{:>10}  {:>9}{}\n", holding.device, holding.examples, classes ? "  " + class_text(holding) : "");
  if (holdings.size() < data.device_count())
    fmt::print("{:>10}  --show N shows more of the {}\n", "…", human_count(data.device_count()));
}

void print_json(const FederatedData& data, const Quantities& quantities,
                const std::vector<records::Holding>& holdings) {
  const auto& shape = data.shape();
  nlohmann::ordered_json devices = nlohmann::ordered_json::array();
  for (const auto& holding : holdings)
    devices.push_back({{"device", holding.device}, {"examples", holding.examples}, {"by_class", holding.by_class}});
  const nlohmann::ordered_json json{{"task", name_of(shape.task)},
                                    {"features", shape.features},
                                    {"classes", shape.classes},
                                    {"symbols", shape.symbols},
                                    {"target_deviation", shape.target_deviation},
                                    {"device_count", data.device_count()},
                                    {"examples", quantities.total},
                                    {"test_examples", data.test_count()},
                                    {"least", quantities.at(0)},
                                    {"median", quantities.at(0.5)},
                                    {"most", quantities.at(1)},
                                    {"devices", devices}};
  fmt::print("{}\n", json.dump());
}

void inspect(const InspectOptions& options, Context& context) {
  const auto document = options.document.read(context, options.document.overrides());
  std::shared_ptr<const FederatedData> data;
  try {
    data = federation::federation_data(document);
  } catch (const RequestError& error) {
    throw ConfigurationError({{document.place_of("data"), error.what()}});
  }
  const auto quantities = quantities_of(*data);
  const auto holdings = some_devices(*data, options.devices_shown);
  options.json ? print_json(*data, quantities, holdings) : print_table(*data, quantities, holdings);
  if (options.svg.empty()) return;
  constexpr std::uint64_t kBars = 200;
  const auto title = fmt::format("{}: what {} of {} devices hold", document.configuration.federation.name,
                                 std::min(kBars, data->device_count()), data->device_count());
  write_file_atomically(options.svg, records::svg(some_devices(*data, kBars), title));
  if (!options.json) fmt::print("\npicture     {}\n", options.svg);
}

}  // namespace

void add_data(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("data", "Look at a federation's data");
  command->require_subcommand(1);
  auto* one = command->add_subcommand("inspect", "Show what each device holds, as a table and a picture");
  auto options = std::make_shared<InspectOptions>();
  options->document.add_to(*one);
  one->add_option("--show", options->devices_shown, "Devices in the table, evenly spaced")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}));
  one->add_option("--svg", options->svg, "Write a picture of at most 200 devices to this file");
  one->add_flag("--json", options->json, "Print one JSON document");
  one->callback([options, &context] { inspect(*options, context); });
}

}  // namespace brume::cli
