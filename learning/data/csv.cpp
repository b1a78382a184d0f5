#include "learning/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "brume/error.hpp"
#include "learning/data/csv_table.hpp"
#include "learning/data/dealt_data.hpp"
#include "learning/data/standardize.hpp"

namespace brume::learning {

namespace {

bool is_missing(const std::string& cell) {
  return cell.empty() || cell == "?" || cell == "NA" || cell == "NaN" || cell == "nan";
}

float parse_cell(const CsvTable& table, std::size_t row, std::size_t column) {
  const auto& cell = table.rows[row][column];
  if (is_missing(cell)) return std::numeric_limits<float>::quiet_NaN();
  float value = 0;
  const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failure != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    throw RequestError(
        fmt::format("{}:{}: '{}' in column '{}' is no number; list columns without numbers under 'ignore'", table.file,
                    table.lines[row], cell, table.header[column]));
  return value;
}

// Numbers before words, numbers by value: users 2, 10, 11 and not 10, 11, 2.
bool natural_less(const std::string& a, const std::string& b) {
  double x = 0;
  double y = 0;
  const auto is_number = [](const std::string& text, double& value) {
    const char* end = text.data() + text.size();
    return !text.empty() && std::from_chars(text.data(), end, value).ptr == end && std::isfinite(value);
  };
  const bool a_number = is_number(a, x);
  const bool b_number = is_number(b, y);
  if (a_number && b_number && x != y) return x < y;
  if (a_number != b_number) return a_number;
  return a < b;
}

// Numbers the different values of a column in their natural order.
std::vector<std::uint32_t> number_values(const CsvTable& table, std::size_t column, std::size_t& different) {
  std::map<std::string, std::uint32_t, decltype(&natural_less)> numbers(&natural_less);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (is_missing(table.rows[row][column]))
      throw RequestError(fmt::format("{}:{}: column '{}' has no value; labels and devices must be given", table.file,
                                     table.lines[row], table.header[column]));
    numbers.emplace(table.rows[row][column], 0);
  }
  std::uint32_t next = 0;
  for (auto& [value, number] : numbers) number = next++;
  different = next;
  std::vector<std::uint32_t> result;
  for (const auto& row : table.rows) result.push_back(numbers[row[column]]);
  return result;
}

class TableData final : public PooledData {
 public:
  DataShape shape_;
  std::vector<std::int32_t> labels_;
  std::vector<std::uint32_t> devices_;
  FloatVector features_;
  FloatVector test_features_;
  std::vector<std::int32_t> test_labels_;

  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return labels_; }
  std::span<const std::uint32_t> natural_devices() const override { return devices_; }
  void copy(std::span<const std::uint32_t> rows, Examples& examples) const override {
    const std::size_t width = shape_.width();
    examples.resize(rows.size(), width);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(features_.data() + rows[i] * width, width, examples.features.data() + i * width);
      examples.labels[i] = labels_[rows[i]];
    }
  }
  std::uint64_t test_count() const override { return test_labels_.size(); }
  void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    const std::size_t width = shape_.width();
    examples.resize(count, width);
    std::copy_n(test_features_.data() + first * width, count * width, examples.features.data());
    std::copy_n(test_labels_.data() + first, count, examples.labels.data());
  }
};

// Which rows are held out: a share of each device's, drawn by the seed; at least one row of each device stays.
std::vector<bool> choose_test_rows(const std::vector<std::uint32_t>& devices, std::size_t device_count, double fraction,
                                   std::uint64_t seed) {
  std::vector<std::vector<std::uint32_t>> rows(device_count);
  for (std::uint32_t row = 0; row < devices.size(); ++row) rows[devices[row]].push_back(row);
  std::vector<bool> is_test(devices.size());
  for (std::size_t device = 0; device < rows.size(); ++device) {
    auto& own = rows[device];
    Stream stream(seed, Purpose::test_split, device);
    stream.shuffle(std::span(own));
    const auto held_out =
        std::min(static_cast<std::size_t>(fraction * static_cast<double>(own.size())), own.size() - 1);
    for (std::size_t i = 0; i < held_out; ++i) is_test[own[i]] = true;
  }
  return is_test;
}

}  // namespace

void CsvDataset::declare(Options& options) {
  options.path({"path", "the file", true}, path_);
  options.text({"label", "column of the class", true}, label_);
  options.text({"device", "column that names the device of a row"}, device_);
  options.texts({"ignore", "columns that are no features"}, ignore_);
  options.number({"test_fraction", "share of each device's rows held out"}, test_fraction_, Range::between(0, 0.9));
  options.flag({"standardize", "features to mean 0 and deviation 1"}, standardize_);
}

std::shared_ptr<const FederatedData> CsvDataset::federate(const DataRequest& request) const {
  const CsvTable table = read_csv(request.base / path_);
  const std::size_t label_column = table.column(label_);
  std::set<std::size_t> no_features{label_column};
  for (const auto& name : ignore_) no_features.insert(table.column(name));
  auto data = std::make_shared<TableData>();
  std::size_t classes = 0;
  const auto labels = number_values(table, label_column, classes);
  std::size_t device_count = 1;
  std::vector<std::uint32_t> devices(table.rows.size());
  if (!device_.empty()) {
    no_features.insert(table.column(device_));
    devices = number_values(table, table.column(device_), device_count);
  }
  const auto is_test = choose_test_rows(devices, device_count, test_fraction_, request.seed);
  const auto width = static_cast<std::int64_t>(table.header.size() - no_features.size());
  if (width < 1) throw RequestError(table.file + ":1: no column is left for features");
  data->shape_ = {{width}, static_cast<std::int64_t>(classes)};
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    auto& features = is_test[row] ? data->test_features_ : data->features_;
    for (std::size_t column = 0; column < table.header.size(); ++column)
      if (!no_features.contains(column)) features.push_back(parse_cell(table, row, column));
    (is_test[row] ? data->test_labels_ : data->labels_).push_back(static_cast<std::int32_t>(labels[row]));
    if (!is_test[row]) data->devices_.push_back(devices[row]);
  }
  const auto moments = moments_of(data->features_, static_cast<std::size_t>(width));
  for (auto* features : {&data->features_, &data->test_features_}) fill_missing(*features, moments, standardize_);
  if (device_.empty()) data->devices_.clear();
  return deal(std::move(data), request);
}

}  // namespace brume::learning
