#include "net/metrics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace brume::net {

void MetricsPage::add(std::string_view name, std::string_view help, std::string_view type, double value) {
  text_ += fmt::format("# HELP brume_{} {}\n# TYPE brume_{} {}\nbrume_{} {}\n", name, help, name, type, name, value);
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  std::ifstream statm("/proc/self/statm");
  return statm >> pages >> resident ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  figures.resident_bytes = resident_bytes();
  std::error_code failure;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", failure), end; !failure && entry != end;
       entry.increment(failure))
    ++figures.descriptors;
  return figures;
}

}  // namespace brume::net
