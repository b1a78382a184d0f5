#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "core/human.hpp"
#include "net/http_server.hpp"

namespace brume::cli {

namespace {

struct ControlOptions {
  std::string state;
  bool json = false;
};

std::filesystem::path control_socket(const ControlOptions& options) {
  const std::filesystem::path folder = options.state;
  if (!std::filesystem::is_directory(folder))
    throw RequestError(
        fmt::format("{} is no folder; name the node's state folder, as its node.yaml does", options.state));
  return folder / "control";
}

std::string as_text(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void print_status(const ControlOptions& options) {
  const auto answer = net::ask_file_socket(control_socket(options), "GET", "/status");
  if (options.json) return fmt::print("{}\n", answer.body);
  const auto status = nlohmann::ordered_json::parse(answer.body);
  for (const auto& [key, value] : status.items())
    if (!value.is_object()) fmt::print("{:<22} {}\n", key, as_text(value));
  if (status.contains("certificate"))
    for (const auto& [key, value] : status["certificate"].items())
      fmt::print("{:<22} {}\n", "certificate " + key, as_text(value));
}

void post(const ControlOptions& options, const std::string& target) {
  const auto answer = net::ask_file_socket(control_socket(options), "POST", target);
  if (answer.status != 200) throw Error(fmt::format("the node answers: {}", answer.body));
}

void add(CLI::App& app, const char* name, const char* about, const std::function<void(const ControlOptions&)>& run) {
  auto* command = app.add_subcommand(name, about);
  auto options = std::make_shared<ControlOptions>();
  command->add_option("--state", options->state, "The node's state folder")->required();
  if (std::string(name) == "status") command->add_flag("--json", options->json, "Print one JSON document");
  command->callback([options, run] { run(*options); });
}

}  // namespace

void add_control(CLI::App& app, Context& /*context*/) {
  add(app, "status", "Show how a running node is", print_status);
  add(app, "stop", "End a running node at once; what it has promised is on disk",
      [](const ControlOptions& options) { post(options, "/stop"); });
  add(app, "drain", "End a running node when nothing is under way",
      [](const ControlOptions& options) { post(options, "/drain"); });
}

}  // namespace brume::cli
