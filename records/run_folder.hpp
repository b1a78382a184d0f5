#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brume/parameters.hpp"
#include "brume/update.hpp"
#include "records/summary.hpp"

namespace brume::records {

/// One line of rounds.csv.
struct RoundRow {
  std::uint64_t round = 0;
  double virtual_seconds = 0;
  std::uint64_t cohort = 0, included = 0, late = 0, refused = 0, failed = 0;
  double training_loss = 0;
  std::optional<Metrics> metrics;
  std::optional<DeviceMetrics> on_devices;
  std::uint64_t device_up_bytes = 0, device_down_bytes = 0, fog_up_bytes = 0, fog_down_bytes = 0;  ///< so far
  double compute_joules = 0, radio_joules = 0, idle_joules = 0, sleep_joules = 0;                  ///< so far
  std::vector<double> device_joules;  ///< so far, group after group, each state after the other
  std::vector<NamedScalar> scalars;   ///< the algorithm's own, a column each

  template <class Archive>
  void describe(Archive& archive) {
    archive(round, virtual_seconds, cohort, included, late, refused, failed, training_loss, metrics, on_devices,
            device_up_bytes, device_down_bytes, fog_up_bytes, fog_down_bytes, compute_joules, radio_joules, idle_joules,
            sleep_joules, device_joules, scalars);
    if (metrics) archive(metrics->others);
  }
};

/// The folder of one run: federation.yaml as given, resolved.yaml, rounds.csv, energy.csv (joules by round, group of
/// devices and state, so far), model.brume, report.html, summary.json.
/// Each file appears whole or not at all; summary.json comes last, so a folder that has it is complete. While a run
/// goes on, its rounds stand in rounds.csv.partial, and checkpoint.brume is what it can be taken up from.
class RunFolder {
 public:
  /// Makes the folder and makes sure that about `bytes` can be written there, so that an unwritable place or a full
  /// disk is found before any work. Throws RequestError, also when the folder already holds a run.
  RunFolder(std::filesystem::path path, std::uint64_t bytes);
  /// Takes up the run in a folder that has one, after these rounds.
  RunFolder(std::filesystem::path path, std::vector<RoundRow> rounds);

  const std::filesystem::path& path() const { return path_; }
  void write_inputs(std::string_view as_given, std::string_view resolved);
  void add_round(RoundRow row);  ///< throws Error when the disk is full
  const std::vector<RoundRow>& rounds() const { return rows_; }
  void finish(const Summary& summary, const Parameters& model);

 private:
  void open_rounds();
  std::filesystem::path path_;
  std::ofstream rounds_;
  std::vector<RoundRow> rows_;
  std::vector<std::string> columns_;  // of scalars, in the order in which they first appear
};

/// Throws RequestError if the folder already holds a run.
void require_no_run(const std::filesystem::path& folder);

/// runs/NAME-seedN, or with -2, -3, … behind it if that exists.
std::filesystem::path fresh_run_path(const std::string& name, std::int64_t seed);

}  // namespace brume::records
