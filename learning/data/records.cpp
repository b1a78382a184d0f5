#include "learning/data/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "brume/error.hpp"
#include "learning/data/dictionary.hpp"

namespace brume::learning {

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

bool is_missing(const std::string& cell) {
  return cell.empty() || cell == "?" || cell == "NA" || cell == "NaN" || cell == "nan";
}

std::string place_of(const CsvTable& table, std::size_t row) {
  return fmt::format("{}:{}", table.file, table.lines[row]);
}

double parse_cell(const CsvTable& table, std::size_t row, std::size_t column) {
  const auto& cell = table.rows[row][column];
  if (is_missing(cell)) return kMissing;
  double value = 0;
  const char* begin = cell.data() + (cell[0] == '+' ? 1 : 0);
  const auto [end, failure] = std::from_chars(begin, cell.data() + cell.size(), value);
  const bool tiny = failure == std::errc::result_out_of_range && std::fabs(std::strtod(begin, nullptr)) < 1;
  if (tiny && end == cell.data() + cell.size()) return 0;
  if (failure != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    throw RequestError(
        fmt::format("{}: '{}' in column '{}' is no number; list columns without numbers under 'ignore' or 'categories'",
                    place_of(table, row), cell, table.header[column]));
  return value;
}

// Reads file after file and keeps numbers alone, so that one file's text is in memory at a time.
class Reader {
 public:
  explicit Reader(const ColumnRoles& roles) : roles_(roles) {}

  void read(const CsvTable& table, const std::string& file_name) {
    if (records_.columns.empty() && categories_.empty()) begin(table);
    if (table.header != header_)
      throw RequestError(fmt::format("{}:1: its columns are not those of the file before it", table.file));
    for (std::size_t row = 0; row < table.rows.size(); ++row) read_row(table, row, file_name);
  }

  Records finish() && {
    order(devices_, records_.devices, records_.device_names);
    records_.has_devices = !roles_.device.empty() || roles_.device_per_file;
    if (!roles_.label.empty()) {
      const auto ordered = labels_.ordered();
      records_.classes = ordered.names;
      for (auto& label : records_.labels)
        if (label >= 0) label = static_cast<std::int32_t>(ordered.place[static_cast<std::size_t>(label)]);
    }
    if (!categories_.empty()) expand_categories();
    sort_by_device();
    if (!roles_.remaining.empty()) count_down();
    return std::move(records_);
  }

 private:
  struct Category {
    std::size_t column;
    std::string name;
    Dictionary values{};
    std::vector<std::int64_t> rows{};  // a value's number, −1 where it is missing
  };

  void begin(const CsvTable& table) {
    header_ = table.header;
    std::set<std::size_t> others;
    const auto find = [&](const std::string& name, std::size_t& column, bool is_feature = false) {
      if (name.empty()) return;
      column = table.column(name);
      if (!is_feature) others.insert(column);
    };
    find(roles_.label, label_, false);
    find(roles_.anomaly, label_, false);
    find(roles_.target, target_, roles_.target_is_feature);
    find(roles_.remaining, target_, false);
    find(roles_.device, device_);
    for (const auto& name : roles_.ignore) others.insert(table.column(name));
    for (const auto& name : roles_.categories) {
      categories_.push_back({table.column(name), name});
      others.insert(categories_.back().column);
    }
    for (std::size_t column = 0; column < header_.size(); ++column) {
      if (others.contains(column)) continue;
      features_.push_back(column);
      records_.columns.push_back(header_[column]);
    }
    if (records_.columns.empty() && categories_.empty())
      throw RequestError(table.file + ":1: no column is left for features");
  }

  void read_row(const CsvTable& table, std::size_t row, const std::string& file_name) {
    const auto& cells = table.rows[row];
    for (const auto column : features_) records_.values.push_back(static_cast<float>(parse_cell(table, row, column)));
    for (auto& category : categories_) {
      const auto& cell = cells[category.column];
      category.rows.push_back(is_missing(cell) ? -1 : std::int64_t{category.values.number_of(cell)});
    }
    records_.labels.push_back(label_of(table, row));
    const bool numbers = !roles_.target.empty() || !roles_.remaining.empty();
    records_.targets.push_back(numbers ? parse_cell(table, row, target_) : 0);
    records_.places.push_back(place_of(table, row));
    if (!roles_.device.empty() && is_missing(cells[device_]))
      throw RequestError(
          fmt::format("{}: column '{}' has no value; devices must be given", place_of(table, row), roles_.device));
    records_.devices.push_back(devices_.number_of(roles_.device_per_file  ? file_name
                                                  : roles_.device.empty() ? "all"
                                                                          : cells[device_]));
  }

  std::int32_t label_of(const CsvTable& table, std::size_t row) {
    if (!roles_.label.empty()) {
      const auto& cell = table.rows[row][label_];
      return is_missing(cell) ? -1 : static_cast<std::int32_t>(labels_.number_of(cell));
    }
    if (roles_.anomaly.empty()) return 0;
    const double value = parse_cell(table, row, label_);
    if (std::isnan(value)) return -1;
    if (value != 0 && value != 1)
      throw RequestError(fmt::format("{}: column '{}' says {}; an anomaly is 1 and everything else 0",
                                     place_of(table, row), roles_.anomaly, table.rows[row][label_]));
    return value != 0 ? 1 : 0;
  }

  static void order(const Dictionary& dictionary, std::vector<std::uint32_t>& numbers,
                    std::vector<std::string>& names) {
    const auto ordered = dictionary.ordered();
    names = ordered.names;
    for (auto& number : numbers) number = ordered.place[number];
  }

  void sort_by_device() {
    std::vector<std::uint32_t> rows(records_.count());
    std::iota(rows.begin(), rows.end(), 0U);
    std::stable_sort(rows.begin(), rows.end(),
                     [&](auto a, auto b) { return records_.devices[a] < records_.devices[b]; });
    const std::size_t width = records_.columns.size();
    const auto sorted = [&](auto& values, std::size_t each) {
      std::remove_reference_t<decltype(values)> result;
      result.reserve(values.size());
      for (const auto row : rows)
        for (std::size_t i = 0; i < each; ++i) result.push_back(std::move(values[row * each + i]));
      values = std::move(result);
    };
    sorted(records_.values, width);
    sorted(records_.labels, 1);
    sorted(records_.targets, 1);
    sorted(records_.places, 1);
    sorted(records_.devices, 1);
  }

  void count_down() {
    std::map<std::uint32_t, double> last;
    for (std::size_t row = 0; row < records_.count(); ++row) {
      if (std::isnan(records_.targets[row])) continue;
      auto& most = last.emplace(records_.devices[row], records_.targets[row]).first->second;
      most = std::max(most, records_.targets[row]);
    }
    for (std::size_t row = 0; row < records_.count(); ++row) {
      double& target = records_.targets[row];
      if (std::isnan(target)) continue;
      target = last[records_.devices[row]] - target;
      if (roles_.most_remaining > 0) target = std::min(target, roles_.most_remaining);
    }
  }

  void expand_categories() {
    const std::size_t before = records_.columns.size();
    std::vector<Dictionary::Order> orders;
    for (const auto& category : categories_) {
      orders.push_back(category.values.ordered());
      for (const auto& value : orders.back().names) records_.columns.push_back(category.name + "=" + value);
    }
    FloatVector values;
    values.reserve(records_.count() * records_.columns.size());
    for (std::size_t row = 0; row < records_.count(); ++row) {
      const auto from = records_.values.begin() + static_cast<std::ptrdiff_t>(row * before);
      values.insert(values.end(), from, from + static_cast<std::ptrdiff_t>(before));
      for (std::size_t c = 0; c < categories_.size(); ++c) {
        const auto number = categories_[c].rows[row];
        for (std::size_t place = 0; place < orders[c].names.size(); ++place)
          values.push_back(number < 0                                                   ? kMissing
                           : orders[c].place[static_cast<std::size_t>(number)] == place ? 1.0F
                                                                                        : 0.0F);
      }
    }
    records_.values = std::move(values);
  }

  const ColumnRoles& roles_;
  std::vector<std::string> header_;
  std::vector<std::size_t> features_;
  std::size_t label_ = 0;
  std::size_t target_ = 0;
  std::size_t device_ = 0;
  std::vector<Category> categories_;
  Dictionary labels_;
  Dictionary devices_;
  Records records_;
};

}  // namespace

LearningTask ColumnRoles::task() const {
  if (!label.empty()) return LearningTask::classification;
  return anomaly.empty() ? LearningTask::regression : LearningTask::reconstruction;
}

Records read_records(const std::vector<std::filesystem::path>& files, const CsvFormat& format,
                     const ColumnRoles& roles) {
  Reader reader(roles);
  for (const auto& file : files) reader.read(read_csv(file, format), file.filename().string());
  return std::move(reader).finish();
}

}  // namespace brume::learning
