#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brume/layers.hpp"
#include "cli/context.hpp"
#include "cli/document_options.hpp"
#include "core/human.hpp"
#include "core/model_file.hpp"
#include "core/sha256.hpp"
#include "federation/assembly.hpp"
#include "federation/device_memory.hpp"

namespace brume::cli {

namespace {

struct ModelOptions {
  DocumentOptions document;
  std::string out;
  bool json = false;
};

void init(const ModelOptions& options, Context& context) {
  const auto document = options.document.read(context, options.document.overrides());
  const auto assembly = federation::assemble(document);
  assembly.require_real_model(options.document.file);
  const auto model = assembly.initial_model();
  write_model_file(options.out, model);
  fmt::print("{}: {} parameters of model '{}' by seed {}, sha256 {}\n", options.out, human_count(model.layout().size()),
             document.configuration.model.name, assembly.seed, to_hex(model.digest()));
}

// A model file: its tensors with what their values look like.
void inspect_file(const ModelOptions& options) {
  const auto model = read_model_file(options.document.file);
  const auto& layout = model.layout();
  nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
  if (!options.json)
    fmt::print("{:<32} {:>16} {:>11} {:>11} {:>11} {:>11}\n", "tensor", "shape", "numbers", "mean", "deviation",
               "largest");
  for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
    const auto& spec = layout.tensors()[i];
    double sum = 0, squares = 0, largest = 0;
    for (const float value : model.tensor(i)) {
      sum += value;
      squares += double{value} * value;
      largest = std::max(largest, std::fabs(double{value}));
    }
    const auto count = static_cast<double>(spec.size());
    const double mean = sum / count;
    const double deviation = std::sqrt(std::max(0.0, squares / count - mean * mean));
    const bool buffer = spec.role == TensorRole::buffer;
    if (options.json)
      tensors.push_back({{"name", spec.name},
                         {"shape", spec.shape},
                         {"buffer", buffer},
                         {"mean", mean},
                         {"deviation", deviation},
                         {"largest", largest}});
    else
      fmt::print("{:<32} {:>16} {:>11} {:>11.4g} {:>11.4g} {:>11.4g}{}\n", spec.name, DataShape{spec.shape}.text(),
                 human_count(spec.size()), mean, deviation, largest, buffer ? "  buffer" : "");
  }
  const auto digest = to_hex(model.digest());
  if (options.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"parameters", layout.size()},
                                              {"trainable", layout.trainable_size()},
                                              {"sha256", digest},
                                              {"tensors", tensors}}
                           .dump());
  else
    fmt::print("\n{} numbers, {} of them trainable, {} as float32, sha256 {}\n", human_count(layout.size()),
               human_count(layout.trainable_size()), human_bytes(4.0 * static_cast<double>(layout.size())), digest);
}

std::vector<LayerFacts> layers_of(const federation::Assembly& assembly) {
  const auto& shape = assembly.data->shape();
  if (const auto* layered = dynamic_cast<const LayeredModel*>(assembly.model.get()))
    return describe(layered->layers(shape), shape);
  std::vector<LayerFacts> tensors;  // of another model, what is known
  for (const auto& spec : assembly.facts.layout->tensors())
    tensors.push_back({spec.name, spec.role == TensorRole::buffer ? "buffer" : "tensor", spec.shape, spec.size(), 0});
  return tensors;
}

void print_layers(const std::vector<LayerFacts>& layers) {
  fmt::print("{:<28} {:<18} {:>14} {:>12} {:>14}\n", "layer", "kind", "output", "parameters", "operations");
  for (const auto& layer : layers) {
    const auto depth = static_cast<std::size_t>(std::count(layer.name.begin(), layer.name.end(), '.'));
    fmt::print("{:<28} {:<18} {:>14} {:>12} {:>14}\n", std::string(2 * depth, ' ') + layer.name, layer.kind,
               DataShape{layer.output}.text(), layer.parameters > 0 ? human_count(layer.parameters) : "",
               layer.flops > 0 ? human_flops(layer.flops) : "");
  }
}

// A federation file: the model that its data make of it, and what a task needs.
void inspect_federation(const ModelOptions& options, Context& context) {
  const auto document = options.document.read(context, options.document.overrides());
  const auto assembly = federation::assemble(document);
  const auto layers = layers_of(assembly);
  const auto& facts = assembly.facts;
  const auto memory = federation::device_memory(assembly);
  if (options.json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& layer : layers)
      rows.push_back({{"name", layer.name},
                      {"kind", layer.kind},
                      {"output", layer.output},
                      {"parameters", layer.parameters},
                      {"flops", layer.flops}});
    fmt::print("{}\n", nlohmann::ordered_json{{"model", document.configuration.model.name},
                                              {"parameters", facts.parameter_count()},
                                              {"trainable", facts.layout->trainable_size()},
                                              {"forward_flops", facts.forward_flops},
                                              {"training_flops", facts.training_flops()},
                                              {"activations", facts.activations},
                                              {"training_bytes", memory.total()},
                                              {"layers", rows}}
                           .dump());
    return;
  }
  print_layers(layers);
  fmt::print("\nmodel       {}, {} parameters, {} of them trainable, {} as float32\n",
             document.configuration.model.name, human_count(facts.parameter_count()),
             human_count(facts.layout->trainable_size()),
             human_bytes(4.0 * static_cast<double>(facts.parameter_count())));
  fmt::print("operations  {} forward for an example, {} to train on it\n", human_flops(facts.forward_flops),
             human_flops(facts.training_flops()));
  fmt::print("memory      {}\n            for a task with batches of {}, without libraries and data\n", memory.text(),
             assembly.plan.batch_size);
}

}  // namespace

void add_model(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("model", "Make a model, or look at one");
  command->require_subcommand(1);

  auto* init_command = command->add_subcommand("init", "Write the model that a federation file starts from");
  auto init_options = std::make_shared<ModelOptions>();
  init_options->document.add_to(*init_command);
  init_command->add_option("--out", init_options->out, "The file to write, model.brume")->required();
  init_command->callback([init_options, &context] { init(*init_options, context); });

  auto* inspect_command = command->add_subcommand("inspect", "Layers, parameters, operations and memory for training");
  auto inspect_options = std::make_shared<ModelOptions>();
  inspect_options->document.add_to(*inspect_command)->description("A federation file, or a model (.brume)");
  inspect_command->add_flag("--json", inspect_options->json, "Print one JSON document");
  inspect_command->callback([inspect_options, &context] {
    std::filesystem::path(inspect_options->document.file).extension() == ".brume"
        ? inspect_file(*inspect_options)
        : inspect_federation(*inspect_options, context);
  });
}

}  // namespace brume::cli
