#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "cli/state_history.hpp"
#include "core/files.hpp"
#include "core/human.hpp"
#include "core/model_file.hpp"
#include "net/http_server.hpp"
#include "net/node.hpp"
#include "net/reports.hpp"
#include "net/restoring.hpp"

namespace brume::cli {

namespace {

struct StateOptions {
  std::string state;
  std::string file;
  std::uint64_t version = 0;
  bool json = false;
};

storage::StoredModel newest(storage::History& history) {
  const auto models = history.models();
  if (models.empty()) throw RequestError("no model is kept there: only an aggregator's state has models");
  return models.back();
}

std::string date(Time time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

void list_models(const StateOptions& options) {
  const auto models = storage::History(options.state).models();
  if (options.json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& model : models)
      list.push_back({{"version", model.version},
                      {"committed", date(model.committed)},
                      {"bytes", model.bytes},
                      {"origin", model.origin},
                      {"parameters_sha256", net::digest_text(model.parameters)}});
    return fmt::print("{}\n", list.dump());
  }
  fmt::print("{:>8}  {:<19}  {:>9}  {:<8}  {}\n", "version", "committed (UTC)", "size", "origin", "parameters");
  for (const auto& model : models)
    fmt::print("{:>8}  {:<19}  {:>9}  {:<8}  {}…\n", model.version, date(model.committed),
               human_bytes(static_cast<double>(model.bytes)), model.origin,
               net::digest_text(model.parameters).substr(0, 16));
}

void export_model(const StateOptions& options) {
  storage::History history(options.state);
  const auto version = options.version > 0 ? options.version : newest(history).version;
  write_model_file(options.file, history.model(version));
  fmt::print("{}: version {}\n", options.file, version);
}

// The aggregator takes it from its state folder: nobody else can put it there.
void hand_over(const StateOptions& options, const Parameters& model) {
  const std::filesystem::path folder = options.state;
  if (!std::filesystem::exists(folder / "control"))
    throw RequestError(
        fmt::format("the aggregator of {} is not running: it takes a model in while it runs", options.state));
  write_model_file(folder / net::kOfferedModel, model);
  const auto answer = net::ask_file_socket(folder / "control", "POST", "/import");
  if (answer.status != 200) throw Error(fmt::format("the node answers: {}", answer.body));
  fmt::print("{}\n", answer.body);
}

void import_model(const StateOptions& options) { hand_over(options, read_model_file(options.file)); }

void roll_back(const StateOptions& options) {
  hand_over(options, storage::History(options.state).model(options.version));
}

void back_up(const StateOptions& options) {
  if (std::filesystem::exists(options.file)) throw RequestError(fmt::format("{} is there already", options.file));
  storage::History(options.state).back_up_to(options.file);
  fmt::print("{}: {}\n", options.file, human_bytes(static_cast<double>(std::filesystem::file_size(options.file))));
}

void restore(const StateOptions& options) {
  net::restore_state(options.file, options.state, options.version);
  fmt::print("{} is restored{}\n", options.state,
             options.version > 0 ? fmt::format("; it goes on behind version {}", options.version) : "");
}

struct Command {
  CLI::App* app;
  std::shared_ptr<StateOptions> options;
};

Command add(CLI::App& group, const char* name, const char* about, void (*run)(const StateOptions&)) {
  Command command{group.add_subcommand(name, about), std::make_shared<StateOptions>()};
  command.app->add_option("--state", command.options->state, "The node's state folder")->required();
  command.app->callback([options = command.options, run] { run(*options); });
  return command;
}

}  // namespace

void add_state(CLI::App& app, Context& /*context*/) {
  auto* group = app.add_subcommand("state", "Models and history of a deployed node: see, exchange, back up");
  group->require_subcommand(1);
  auto models = add(*group, "models", "List the models that an aggregator keeps", list_models);
  models.app->add_flag("--json", models.options->json, "Print one JSON document");
  auto exported = add(*group, "export", "Write a model to a file", export_model);
  exported.app->add_option("OUT", exported.options->file, "The model file to write")->required();
  exported.app->add_option("--version", exported.options->version, "Which one; the newest if not given");
  auto imported =
      add(*group, "import", "Put a model in the place of the present one, after the open round", import_model);
  imported.app->add_option("MODEL", imported.options->file, "A model file")->required();
  auto rolled_back = add(*group, "rollback", "Put a model that is kept in the place of the present one", roll_back);
  rolled_back.app->add_option("VERSION", rolled_back.options->version, "Which one")->required();
  add_state_history(*group);
  auto backup = add(*group, "backup", "Copy the whole state to a file while the node works", back_up);
  backup.app->add_option("OUT", backup.options->file, "The file to write")->required();
  auto restored = add(*group, "restore", "Make a new state folder from a backup", restore);
  restored.app->add_option("BACKUP", restored.options->file, "What 'brume state backup' wrote")->required();
  restored.app->add_option("--version", restored.options->version,
                           "The newest version that nodes have worked for since; the aggregator goes on behind it");
}

}  // namespace brume::cli
