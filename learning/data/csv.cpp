#include "learning/data/csv.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "brume/error.hpp"
#include "learning/data/dealt_data.hpp"
#include "learning/data/file_bytes.hpp"

namespace brume::learning {

void CsvDataset::declare(Options& options) {
  options.path({"path", "a file, or a folder of .csv and .csv.gz files with the same columns", true}, path_);
  options.word({"separator", "of cells; space is any number of blanks"}, separator_,
               {"comma", "semicolon", "tab", "space"});
  options.texts({"columns", "names, for files without a header"}, columns_);
  options.text({"label", "column of a class"}, roles_.label);
  options.text({"target", "column of a number to be predicted"}, roles_.target);
  options.text({"anomaly", "column that is 1 for an anomaly: a model learns to rebuild the others"}, roles_.anomaly);
  options.text({"remaining", "column that counts up: the target is how far it is from its device's last"},
               roles_.remaining);
  options.number({"most_remaining", "that target is never more; 0 is no limit"}, roles_.most_remaining,
                 Range::at_least(0));
  options.text({"device", "column that names the device of a row"}, roles_.device);
  options.flag({"device_per_file", "each file of the folder is a device"}, roles_.device_per_file);
  options.texts({"ignore", "columns that are no features"}, roles_.ignore);
  options.texts({"categories", "columns of words: a feature for each of their values"}, roles_.categories);
  declare_rows(options);
}

void CsvDataset::declare_rows(Options& options) {
  options.section({"window", "rows of one device that are an example"}, [&](Options& window) {
    window.integer({"length", "rows"}, samples_.window, Range::between(1, 1e6));
    window.integer({"stride", "rows from one example to the next"}, samples_.stride, Range::between(1, 1e6));
    window.integer({"horizon", "rows from the window's last to the one that is to be predicted"}, samples_.horizon,
                   Range::between(0, 1e6));
  });
  options.number({"test_fraction", "share that is held out for tests"}, samples_.test_fraction, Range::between(0, 0.9));
  options.word({"test_from", "random examples of each device, the end of each, or whole devices"}, samples_.test_from,
               {"random", "end", "devices"});
  options.flag({"skip_unlabelled", "leave out rows without a label or target"}, samples_.skip_unlabelled);
  options.flag({"standardize", "features and targets to mean 0 and deviation 1"}, standardize_);
}

void CsvDataset::check() const {
  const std::array given{&roles_.label, &roles_.target, &roles_.anomaly, &roles_.remaining};
  int count = 0;
  for (const auto* column : given) count += column->empty() ? 0 : 1;
  if (count != 1)
    throw RequestError(fmt::format(
        "data set 'csv' needs one of label, target, anomaly and remaining, to know what is to be learnt; {} are given",
        count == 0 ? "none" : std::to_string(count)));
  if (!roles_.device.empty() && roles_.device_per_file)
    throw RequestError("data set 'csv': a device is a column or a file: leave out one of device and device_per_file");
}

CsvFormat CsvDataset::format() const {
  const std::map<std::string, char> separators{{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"space", ' '}};
  return {separators.at(separator_), columns_};
}

std::shared_ptr<const FederatedData> CsvDataset::federate(const DataRequest& request) const {
  check();
  constexpr std::array<std::string_view, 2> kEndings{".csv", ".csv.gz"};
  auto roles = roles_;
  roles.target_is_feature = samples_.horizon > 0;
  auto records = read_records(files_at(request.base / path_, kEndings), format(), roles);
  auto samples = choose_samples(records, samples_, roles.task(), request.seed);
  auto table = make_samples(std::move(records), std::move(samples), samples_, roles.task(), standardize_);
  return deal(std::move(table), request);
}

}  // namespace brume::learning
