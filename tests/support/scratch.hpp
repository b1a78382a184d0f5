#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace brume::testing {

/// A folder of its own for a test, removed at its end.
class Scratch {
 public:
  Scratch() : path(std::filesystem::temp_directory_path() / ("brume_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
  std::filesystem::path path;
};

}  // namespace brume::testing
