#include "learning/data/csv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "brume/error.hpp"
#include "core/suggestion.hpp"
#include "learning/data/file_bytes.hpp"

namespace brume::learning {

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;
constexpr std::size_t kMostColumns = 10'000;

class Parser {
 public:
  Parser(std::string_view text, const std::string& file, char separator)
      : text_(text), file_(file), separator_(separator) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t line() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> cells(1);
    if (separator_ == ' ') skip_blanks();
    while (!at_end()) {
      const char character = text_[at_++];
      if (character == '"' && cells.back().empty()) {
        quoted(cells.back());
      } else if (separates(character)) {
        if (separator_ == ' ') skip_blanks();
        if (separator_ == ' ' && (at_end() || text_[at_] == '\n' || text_[at_] == '\r')) continue;  // after the last
        if (cells.size() == kMostColumns)
          throw RequestError(fmt::format("{}:{}: a row has more than {} columns", file_, line_, kMostColumns));
        cells.emplace_back();
      } else if (character == '\n') {
        ++line_;
        break;
      } else if (character != '\r') {
        cells.back() += character;
      }
    }
    return cells;
  }

 private:
  bool separates(char character) const { return character == separator_ || (separator_ == ' ' && character == '\t'); }
  void skip_blanks() {
    while (!at_end() && separates(text_[at_])) ++at_;
  }
  void quoted(std::string& cell) {
    const std::size_t opened = line_;
    while (!at_end()) {
      const char character = text_[at_++];
      if (character == '\n') ++line_;
      if (character != '"') {
        cell += character;
      } else if (!at_end() && text_[at_] == '"') {
        cell += '"';
        ++at_;
      } else {
        return;
      }
    }
    throw RequestError(fmt::format("{}:{}: a quote is never closed", file_, opened));
  }

  std::string_view text_;
  const std::string& file_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::size_t CsvTable::column(const std::string& name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end())
    throw RequestError(fmt::format("{}:1: there is no column '{}'; {}", file, name, suggestion(name, header)));
  return static_cast<std::size_t>(found - header.begin());
}

CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format) {
  const FileBytes file(path, kMostBytes);
  const auto bytes = file.bytes();
  CsvTable table;
  table.file = path.string();
  std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // the mark of UTF-8
  Parser parser(text, table.file, format.separator);
  if (parser.at_end()) throw RequestError(table.file + " is empty");
  table.header = format.header.empty() ? parser.row() : format.header;
  while (!parser.at_end()) {
    const std::size_t line = parser.line();
    auto cells = parser.row();
    if (cells.size() == 1 && cells[0].empty()) continue;  // an empty line
    if (cells.size() != table.header.size())
      throw RequestError(fmt::format("{}:{}: this row has {} cells, {} has {}", table.file, line, cells.size(),
                                     format.header.empty() ? "the header" : "data.columns", table.header.size()));
    table.rows.push_back(std::move(cells));
    table.lines.push_back(line);
  }
  if (table.rows.empty()) throw RequestError(table.file + " has a header but no rows");
  return table;
}

}  // namespace brume::learning
