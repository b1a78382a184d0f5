#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "brume/error.hpp"
#include "learning/data/csv_table.hpp"
#include "learning/data/dictionary.hpp"
#include "learning/partitions/apportion.hpp"
#include "learning/partitions/partitions.hpp"

namespace brume::learning {

namespace {

struct Holding {
  std::uint32_t client = 0;
  std::uint32_t label = 0;
  std::uint64_t samples = 0;
};

struct Map {
  std::vector<Holding> holdings;
  std::size_t clients = 0;
  std::size_t labels = 0;
};

Map read_map(const std::filesystem::path& path) {
  const auto table = read_csv(path);
  const auto client = table.column("client");
  const auto label = table.column("label");
  const auto samples = table.column("samples");
  Dictionary clients;
  Dictionary labels;
  Map map;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& cells = table.rows[row];
    Holding holding{clients.number_of(cells[client]), labels.number_of(cells[label]), 0};
    const char* end = cells[samples].data() + cells[samples].size();
    const auto [stop, wrong] = std::from_chars(cells[samples].data(), end, holding.samples);
    if (stop != end || wrong != std::errc())
      throw RequestError(fmt::format("{}:{}: '{}' in column 'samples' is no whole number", table.file, table.lines[row],
                                     cells[samples]));
    map.holdings.push_back(holding);
  }
  const auto client_order = clients.ordered();
  const auto label_order = labels.ordered();
  for (auto& holding : map.holdings) {
    holding.client = client_order.place[holding.client];
    holding.label = label_order.place[holding.label];
  }
  map.clients = clients.size();
  map.labels = labels.size();
  return map;
}

using Counts = std::vector<std::vector<std::uint64_t>>;  // by device and class

// What each device holds, by the data's classes: a recorded label is the class of its number, modulo how many there
// are.
std::vector<std::vector<double>> recorded_shares(const Map& map, const std::vector<std::uint32_t>& device_of_client,
                                                 std::uint64_t devices, std::size_t classes) {
  std::vector<std::vector<double>> shares(devices, std::vector<double>(classes));
  for (const auto& holding : map.holdings)
    if (const auto device = device_of_client[holding.client]; device < devices)
      shares[device][holding.label % classes] += static_cast<double>(holding.samples);
  return shares;
}

// All rows of a class go to those who hold it, in proportion.
void deal_class(const std::vector<std::vector<double>>& shares, std::size_t of_class, std::uint64_t rows,
                Counts& counts) {
  std::vector<double> holders;
  for (const auto& device : shares) holders.push_back(device[of_class]);
  if (std::all_of(holders.begin(), holders.end(), [](double share) { return share == 0; })) return;
  const auto dealt = apportion(holders, rows);
  for (std::size_t device = 0; device < dealt.size(); ++device) counts[device][of_class] = dealt[device];
}

std::uint64_t total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

// Who would get nothing takes a row of the class that it holds most of from who has most of that.
void leave_nobody_empty(const std::vector<std::vector<double>>& shares, Counts& counts) {
  for (std::size_t device = 0; device < counts.size(); ++device) {
    if (total(counts[device]) > 0) continue;
    const auto most = std::max_element(shares[device].begin(), shares[device].end());
    const auto of_class = static_cast<std::size_t>(most - shares[device].begin());
    auto& donor = *std::max_element(counts.begin(), counts.end(),
                                    [&](const auto& a, const auto& b) { return a[of_class] < b[of_class]; });
    if (total(donor) < 2 || donor[of_class] == 0)
      throw RequestError(
          fmt::format("partition 'recorded' leaves device {} without data: it holds labels of which "
                      "the data have too few rows",
                      device));
    --donor[of_class];
    ++counts[device][of_class];
  }
}

}  // namespace

void RecordedPartition::declare(Options& options) {
  options.path({"path", "a CSV file with the columns client, label and samples", true}, path_);
}

void RecordedPartition::open(const std::filesystem::path& folder) { file_ = folder / path_; }

Assignment RecordedPartition::deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const {
  require_labels(data, "recorded");
  require_a_row_each(data, devices);
  const auto map = read_map(file_);
  if (devices > map.clients)
    throw RequestError(
        fmt::format("{} records {} clients, the topology asks for {}", file_.string(), map.clients, devices));
  std::vector<std::uint32_t> device_of_client(map.clients);
  std::iota(device_of_client.begin(), device_of_client.end(), 0U);
  Stream(seed, Purpose::partition, 0, 1).shuffle(std::span(device_of_client));
  auto rows = rows_by_label(data, seed);
  const auto shares = recorded_shares(map, device_of_client, devices, rows.size());
  Counts counts(devices, std::vector<std::uint64_t>(rows.size()));
  for (std::size_t label = 0; label < rows.size(); ++label) deal_class(shares, label, rows[label].size(), counts);
  leave_nobody_empty(shares, counts);
  Assignment assignment;
  for (const auto& device : counts) {
    for (std::size_t label = 0; label < rows.size(); ++label)
      for (std::uint64_t i = 0; i < device[label]; ++i) {
        assignment.rows.push_back(rows[label].back());
        rows[label].pop_back();
      }
    assignment.end_device();
  }
  return assignment;
}

}  // namespace brume::learning
