#include "learning/data/text.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "brume/error.hpp"
#include "learning/data/dealt_data.hpp"
#include "learning/data/file_bytes.hpp"

namespace brume::learning {

namespace {

std::string_view text_of(const FileBytes& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Speakers in the order in which they first speak.
std::vector<std::string> by_speaker(std::string_view text) {
  std::map<std::string, std::size_t, std::less<>> numbers;
  std::vector<std::string> speeches;
  std::size_t current = 0;
  bool at_start = true;  // of a speech: after an empty line
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (at_start && line.size() > 1 && line.back() == ':') {
      const auto [entry, is_new] = numbers.emplace(std::string(line), speeches.size());
      if (is_new) speeches.emplace_back();
      current = entry->second;
    } else if (!speeches.empty()) {
      speeches[current].append(line).push_back('\n');
    }
    at_start = line.empty();
  }
  return speeches;
}

class TextTable final : public PooledData {
 public:
  TextTable(const std::vector<std::string>& texts, std::size_t window, std::size_t stride, std::size_t least,
            double test_fraction)
      : window_(window), stride_(stride) {
    for (const auto& text : texts) add(text, least, test_fraction);
    number_characters();
    shape_.features = {static_cast<std::int64_t>(window)};
    shape_.classes = shape_.symbols = static_cast<std::int64_t>(alphabet_);
    for (const auto start : training_) labels_.push_back(characters_[start + window_]);
  }

  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return labels_; }
  std::span<const std::uint32_t> natural_devices() const override { return devices_; }
  void copy(std::span<const std::uint32_t> rows, Examples& examples) const override {
    examples.resize(rows.size(), window_);
    for (std::size_t i = 0; i < rows.size(); ++i) copy(training_[rows[i]], i, examples);
  }
  std::uint64_t overlap() const override { return window_ / stride_; }
  std::uint64_t test_count() const override { return tests_.size(); }
  void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, window_);
    for (std::size_t i = 0; i < count; ++i) copy(tests_[first + i], i, examples);
  }

 private:
  // Test windows begin behind the last training window's end.
  void add(const std::string& text, std::size_t least, double test_fraction) {
    const std::size_t base = characters_.size();
    if (text.size() < window_ + 1) return;
    const auto border = static_cast<std::size_t>((1 - test_fraction) * static_cast<double>(text.size()));
    std::vector<std::size_t> training;
    for (std::size_t start = 0; start + window_ < border; start += stride_) training.push_back(base + start);
    if (training.size() < least) return;
    training_.insert(training_.end(), training.begin(), training.end());
    devices_.insert(devices_.end(), training.size(), device_count_++);
    for (std::size_t start = border; start + window_ < text.size(); start += stride_) tests_.push_back(base + start);
    for (const char character : text) characters_.push_back(static_cast<std::uint8_t>(character));
  }

  void number_characters() {
    std::array<bool, 256> seen{};
    for (const auto character : characters_) seen[character] = true;
    std::array<std::uint8_t, 256> number{};
    for (std::size_t c = 0; c < seen.size(); ++c)
      if (seen[c]) number[c] = static_cast<std::uint8_t>(alphabet_++);
    for (auto& character : characters_) character = number[character];
  }

  void copy(std::size_t start, std::size_t to, Examples& examples) const {
    for (std::size_t i = 0; i < window_; ++i)
      examples.features[to * window_ + i] = static_cast<float>(characters_[start + i]);
    examples.labels[to] = characters_[start + window_];
  }

  std::size_t window_;
  std::size_t stride_;
  DataShape shape_;
  std::size_t alphabet_ = 0;
  std::vector<std::uint8_t> characters_;  // of all devices, one after the other, as numbers in the alphabet
  std::vector<std::size_t> training_;     // where each example begins
  std::vector<std::size_t> tests_;
  std::vector<std::uint32_t> devices_;  // of each training example
  std::vector<std::int32_t> labels_;
  std::uint32_t device_count_ = 0;
};

}  // namespace

void TextDataset::declare(Options& options) {
  options.path({"path", "a file of speeches, or a folder of .txt files", true}, path_);
  options.integer({"window", "characters that the next one is predicted from"}, window_, Range::between(1, 1e5));
  options.integer({"stride", "characters from one example to the next"}, stride_, Range::between(1, 1e5));
  options.integer({"least_examples", "who has fewer is no device"}, least_examples_, Range::between(1, 1e9));
  options.number({"test_fraction", "of each device's text, its end"}, test_fraction_, Range::between(0, 0.9));
}

std::shared_ptr<const FederatedData> TextDataset::federate(const DataRequest& request) const {
  constexpr std::array<std::string_view, 2> kEndings{".txt", ".txt.gz"};
  const auto path = request.base / path_;
  std::vector<std::string> texts;
  if (std::filesystem::is_directory(path)) {
    for (const auto& file : files_at(path, kEndings)) texts.emplace_back(text_of(FileBytes(file)));
  } else {
    const FileBytes file(path);
    texts = by_speaker(text_of(file));
    if (texts.empty())
      throw RequestError(path.string() +
                         " has no speeches: no line is a name and a colon, 'JULIET:', after an empty one");
  }
  auto table =
      std::make_shared<const TextTable>(texts, static_cast<std::size_t>(window_), static_cast<std::size_t>(stride_),
                                        static_cast<std::size_t>(least_examples_), test_fraction_);
  if (table->labels().empty())
    throw RequestError(fmt::format("{}: no text is long enough for {} examples of {} characters", path.string(),
                                   least_examples_, window_));
  return deal(std::move(table), request);
}

}  // namespace brume::learning
