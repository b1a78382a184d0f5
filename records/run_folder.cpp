#include "records/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "brume/error.hpp"
#include "brume/units.hpp"
#include "core/files.hpp"
#include "core/model_file.hpp"
#include "records/checkpoint.hpp"
#include "records/report.hpp"

namespace brume::records {

namespace {

// Reserves `bytes` in a file that is removed again.
void probe(const std::filesystem::path& folder, std::uint64_t bytes) {
  const auto path = folder / "probe.partial";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw RequestError(fmt::format("cannot write to {}: {}", folder.string(), std::strerror(errno)));
  const int failure = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  ::close(file);
  ::unlink(path.c_str());
  if (failure != 0 && failure != EOPNOTSUPP && failure != EINVAL)
    throw RequestError(
        fmt::format("cannot reserve {} bytes in {}: {}", bytes, folder.string(), std::strerror(failure)));
}

// The algorithm's own, of the first round that could step.
// Adds what no row before it had; returns whether there was anything.
bool add_columns(const RoundRow& row, std::vector<std::string>& columns) {
  const std::size_t before = columns.size();
  for (const auto& scalar : row.scalars)
    if (std::find(columns.begin(), columns.end(), scalar.name) == columns.end()) columns.push_back(scalar.name);
  return columns.size() > before;
}

std::string cell_of(double value) { return std::isnan(value) ? "" : fmt::to_string(value); }

std::string header_of(const std::vector<std::string>& columns) {
  std::string header =
      "round,virtual_seconds,cohort,included,late,refused,failed,training_loss,loss,accuracy,devices_accuracy,devices_"
      "worst_decile,"
      "device_up_bytes,"
      "device_down_bytes,fog_up_bytes,fog_down_bytes,compute_joules,radio_joules,idle_joules,sleep_joules";
  for (const auto& column : columns) header += "," + column;
  return header + "\n";
}

std::string line_of(const RoundRow& row, const std::vector<std::string>& columns) {
  std::string line = fmt::format("{},{},{},{},{},{},{},{}", row.round, row.virtual_seconds, row.cohort, row.included,
                                 row.late, row.refused, row.failed, row.training_loss);
  line += row.metrics ? fmt::format(",{},{}", row.metrics->loss, cell_of(row.metrics->accuracy)) : ",,";
  line += row.on_devices && row.on_devices->devices > 0
              ? fmt::format(",{},{}", cell_of(row.on_devices->accuracy), row.on_devices->worst_decile)
              : ",,";
  line += fmt::format(",{},{},{},{},{},{},{},{}", row.device_up_bytes, row.device_down_bytes, row.fog_up_bytes,
                      row.fog_down_bytes, row.compute_joules, row.radio_joules, row.idle_joules, row.sleep_joules);
  for (const auto& column : columns) {
    const auto found = std::find_if(row.scalars.begin(), row.scalars.end(),
                                    [&](const NamedScalar& scalar) { return scalar.name == column; });
    line += found == row.scalars.end() ? "," : fmt::format(",{}", found->value);
  }
  return line + "\n";
}

// RFC 4180, §2.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char character : text) out += character == '"' ? std::string("\"\"") : std::string(1, character);
  return out + "\"";
}

std::string energy_table(const std::vector<DeviceClass>& devices, const std::vector<RoundRow>& rows) {
  std::string text = "round,devices,count,state,joules\n";
  for (const auto& row : rows) {
    std::size_t i = 0;
    for (const auto& one : devices)
      for (const auto& state : one.states) {
        const double joules = row.device_joules.at(i++);
        text += fmt::format("{},{},{},{},{}\n", row.round, quoted(one.name), one.count, state.name,
                            state.joules ? show_number(joules) : "");
      }
  }
  return text;
}

}  // namespace

void require_no_run(const std::filesystem::path& folder) {
  for (const auto* name : {"summary.json", "rounds.csv", "rounds.csv.partial", "checkpoint.brume"})
    if (std::filesystem::exists(folder / name))
      throw RequestError(fmt::format(
          "{} already holds a run; choose another folder{}", folder.string(),
          std::filesystem::exists(folder / kCheckpointName) ? ", or go on with it: --resume " + folder.string() : ""));
}

RunFolder::RunFolder(std::filesystem::path path, std::uint64_t bytes) : path_(std::move(path)) {
  require_no_run(path_);
  std::error_code failure;
  const bool made = std::filesystem::create_directories(path_, failure);
  if (failure) throw RequestError(fmt::format("cannot make the folder {}: {}", path_.string(), failure.message()));
  try {
    probe(path_, bytes);
  } catch (...) {
    if (made) std::filesystem::remove(path_, failure);
    throw;
  }
  open_rounds();
}

RunFolder::RunFolder(std::filesystem::path path, std::vector<RoundRow> rounds) : path_(std::move(path)) {
  open_rounds();
  for (auto& row : rounds) add_round(std::move(row));
}

void RunFolder::open_rounds() {
  rounds_.open(path_ / "rounds.csv.partial");
  if (!rounds_) throw RequestError(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(errno)));
}

void RunFolder::write_inputs(std::string_view as_given, std::string_view resolved) {
  write_file_atomically(path_ / "federation.yaml", as_given);
  write_file_atomically(path_ / "resolved.yaml", resolved);
}

void RunFolder::add_round(RoundRow row) {
  rows_.push_back(std::move(row));
  const bool more = add_columns(rows_.back(), columns_);
  if (rows_.size() == 1) rounds_ << header_of(columns_);
  if (rows_.size() > 1 && more) {  // rounds before were not evaluated, or could not step: begin again
    rounds_.close();
    open_rounds();
    rounds_ << header_of(columns_);
    for (std::size_t i = 0; i + 1 < rows_.size(); ++i) rounds_ << line_of(rows_[i], columns_);
  }
  rounds_ << line_of(rows_.back(), columns_) << std::flush;
  if (!rounds_) throw Error(fmt::format("cannot write to {}: {}", path_.string(), std::strerror(errno)));
}

void RunFolder::finish(const Summary& summary, const Parameters& model) {
  std::string rounds = header_of(columns_);
  for (const auto& row : rows_) rounds += line_of(row, columns_);
  write_file_atomically(path_ / "rounds.csv", rounds);
  rounds_.close();
  std::filesystem::remove(path_ / "rounds.csv.partial");
  write_file_atomically(path_ / "energy.csv", energy_table(summary.devices, rows_));
  write_model_file(path_ / "model.brume", model);
  write_file_atomically(path_ / "report.html", report_html(summary, rows_));
  write_file_atomically(path_ / "summary.json", to_json(summary).dump(2) + "\n");
  if (!summary.interrupted) std::filesystem::remove(path_ / kCheckpointName);
}

std::filesystem::path fresh_run_path(const std::string& name, std::int64_t seed) {
  std::string safe = name;
  for (char& character : safe)
    if (!std::isalnum(static_cast<unsigned char>(character)) && character != '-' && character != '_') character = '-';
  const std::string base = fmt::format("runs/{}-seed{}", safe, seed);
  std::filesystem::path path = base;
  for (int i = 2; std::filesystem::exists(path); ++i) path = fmt::format("{}-{}", base, i);
  return path;
}

}  // namespace brume::records
