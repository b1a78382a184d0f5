#include "cli/state_history.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "net/reports.hpp"

namespace brume::cli {

namespace {

struct HistoryOptions {
  std::string state;
  std::string out;
  bool json = false;
};

std::string_view word_for(Status status) {
  constexpr std::string_view kWords[] = {"outstanding", "included", "refused", "failed", "late"};
  return kWords[static_cast<std::size_t>(status)];
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string rounds_csv(const std::vector<RoundReport>& rounds) {
  std::string text = "round,origin,seconds,included,late,refused,failed,training_loss,loss,accuracy\n";
  for (const auto& round : rounds)
    text += fmt::format("{},{},{:.3f},{},{},{},{},{},{},{}\n", round.round, imported(round) ? kImported : "round",
                        seconds(round.closed - round.opened), round.included, round.late, round.refused, round.failed,
                        round.training_loss, round.metrics ? fmt::to_string(round.metrics->loss) : "",
                        round.metrics ? fmt::to_string(round.metrics->accuracy) : "");
  return text;
}

std::string tasks_csv(const std::map<std::uint64_t, storage::History::Receipts>& rounds) {
  std::string text = "round,base_version,device,attempt,outcome,weight,loss,training_seconds\n";
  for (const auto& [round, versions] : rounds)
    for (const auto& [version, receipts] : versions)
      for (const auto& receipt : receipts)
        text += fmt::format("{},{},{},{},{},{},{},{:.3f}\n", round, version, receipt.device, receipt.attempt,
                            word_for(receipt.status), receipt.weight, receipt.loss, receipt.milliseconds / 1000.0);
  return text;
}

void print_table(const std::vector<RoundReport>& rounds) {
  fmt::print("{:>6}  {:>9}  {:>8}  {:>5}  {:>7}  {:>6}  {:>8}  {:>8}\n", "round", "seconds", "included", "late",
             "refused", "failed", "loss", "accuracy");
  for (const auto& round : rounds)
    fmt::print("{:>6}  {:>9.2f}  {:>8}  {:>5}  {:>7}  {:>6}  {:>8.4f}  {:>8}{}\n", round.round,
               seconds(round.closed - round.opened), round.included, round.late, round.refused, round.failed,
               round.training_loss, round.metrics ? fmt::format("{:.4f}", round.metrics->accuracy) : "",
               imported(round) ? "  an operator's model" : "");
}

void show(const HistoryOptions& options) {
  storage::History history(options.state);
  const auto rounds = history.rounds();
  if (!options.out.empty()) {
    std::filesystem::create_directories(options.out);
    write_file_atomically(std::filesystem::path(options.out) / "rounds.csv", rounds_csv(rounds));
    write_file_atomically(std::filesystem::path(options.out) / "tasks.csv", tasks_csv(history.receipts()));
    return fmt::print("{0}/rounds.csv and {0}/tasks.csv: {1} rounds\n", options.out, rounds.size());
  }
  if (!options.json) return print_table(rounds);
  auto list = nlohmann::ordered_json::array();
  for (const auto& round : rounds) list.push_back(net::to_json(round));
  fmt::print("{}\n", list.dump());
}

}  // namespace

void add_state_history(CLI::App& group) {
  auto* command = group.add_subcommand("history", "Show an aggregator's rounds");
  auto options = std::make_shared<HistoryOptions>();
  command->add_option("--state", options->state, "The node's state folder")->required();
  command->add_option("--out", options->out, "Write rounds.csv and tasks.csv into this folder instead");
  command->add_flag("--json", options->json, "Print one JSON document");
  command->callback([options] { show(*options); });
}

}  // namespace brume::cli
