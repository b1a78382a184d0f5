#include "storage/history.hpp"

#include <fmt/format.h>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "storage/record_archive.hpp"
#include "storage/schema.hpp"

namespace brume::storage {

namespace {

std::filesystem::path existing(const std::filesystem::path& folder) {
  auto file = folder / kDatabaseFile;
  if (!std::filesystem::exists(file))
    throw RequestError(fmt::format("there is no state in {}: {} is missing", folder.string(), file.string()));
  return file;
}

// In an archive metrics other than loss and accuracy are among the scalars.
void name_metrics(RoundReport& report) {
  if (!report.metrics) return;
  for (const auto& scalar : report.scalars)
    for (const auto* name : {"rmse", "mae", "r2", "quantile_loss", "auc", "f1"})
      if (scalar.name == name) report.metrics->others.push_back(scalar);
}

}  // namespace

History::History(const std::filesystem::path& folder) : database_(existing(folder)) {
  database_.execute("PRAGMA query_only = ON");
  require_schema(database_, folder);
}

std::vector<RoundReport> History::rounds() {
  std::vector<RoundReport> rounds;
  auto query = database_.prepare("SELECT body FROM rounds ORDER BY round");
  while (query.step()) {
    rounds.push_back(unarchived<RoundReport>(query.blob(0)));
    name_metrics(rounds.back());
  }
  return rounds;
}

std::map<std::uint64_t, History::Receipts> History::receipts() {
  std::map<std::uint64_t, Receipts> rounds;
  auto query = database_.prepare("SELECT round, body FROM receipts ORDER BY round");
  while (query.step())
    rounds.emplace(static_cast<std::uint64_t>(query.integer(0)), unarchived<Receipts>(query.blob(1)));
  return rounds;
}

// A version ends with a later one, and nobody is asked for ever: whoever is in none of the next many is in none.
std::optional<Status> History::ended(Version version, DeviceIndex device) {
  constexpr std::int64_t kMostRounds = 256;
  auto query = database_.prepare("SELECT body FROM receipts WHERE round > ? ORDER BY round LIMIT ?");
  query.bind(0, static_cast<std::int64_t>(version)).bind(1, kMostRounds);
  while (query.step()) {
    for (const auto& [base, receipts] : unarchived<Receipts>(query.blob(0)))
      for (const auto& receipt : receipts)
        if (base == version && receipt.device == device && receipt.status != Status::outstanding) return receipt.status;
  }
  return std::nullopt;
}

std::vector<StoredModel> History::models() {
  std::vector<StoredModel> models;
  auto query = database_.prepare("SELECT version, committed, body, origin FROM models ORDER BY version");
  while (query.step())
    models.push_back({static_cast<Version>(query.integer(0)), Time(Duration(query.integer(1))), query.blob(2).size(),
                      query.text(3), unarchived<Parameters>(query.blob(2)).digest()});
  return models;
}

Parameters History::model(Version version) {
  auto query = database_.prepare("SELECT body FROM models WHERE version = ?");
  if (query.bind(0, static_cast<std::int64_t>(version)).step()) return unarchived<Parameters>(query.blob(0));
  std::string known;
  for (const auto& model : models()) known += fmt::format("{}{}", known.empty() ? "" : ", ", model.version);
  throw RequestError(
      fmt::format("there is no model of version {} (kept: {})", version, known.empty() ? "none" : known));
}

void History::back_up_to(const std::filesystem::path& path) {
  const auto partial = path.string() + ".partial";
  database_.back_up_to(partial);
  publish_file(partial, path);
}

}  // namespace brume::storage
