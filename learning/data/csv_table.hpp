#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace brume::learning {

struct CsvFormat {
  char separator = ',';             ///< a blank stands for any number of blanks and tabs
  std::vector<std::string> header;  ///< empty: the first line is it
};

/// A file of rows as text cells (RFC 4180: quotes doubled inside quotes).
struct CsvTable {
  std::string file;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the header
  std::vector<std::size_t> lines;              ///< where each row begins, counted from 1

  /// The index of a column. Throws RequestError with the nearest and the known names.
  std::size_t column(const std::string& name) const;
};

/// Reads a CSV file, gzipped or not. Throws RequestError with file:line for a row of another length or a quote that is
/// never closed.
CsvTable read_csv(const std::filesystem::path& path, const CsvFormat& format = {});

}  // namespace brume::learning
