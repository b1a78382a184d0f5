#include "core/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "brume/error.hpp"

namespace brume {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  fs::path folder = fs::path(::testing::TempDir()) / ("brume_files_" + std::to_string(::getpid()));
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
};

TEST_F(Files, WritesWholeFilesAndLeavesNothingBeside) {
  write_file_atomically(folder / "a", std::string_view("one"));
  write_file_atomically(folder / "a", std::string_view("two"));
  EXPECT_EQ(read_text_file(folder / "a", 10), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST_F(Files, AFailedWriteLeavesTheOldFile) {
  fs::create_directories(folder / "taken");
  EXPECT_THROW(write_file_atomically(folder / "taken", std::string_view("x")), Error);
  EXPECT_THROW(write_file_atomically(folder / "missing" / "a", std::string_view("x")), Error);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

TEST_F(Files, SaysWhatIsWrongWithAnInput) {
  const auto message = [](const fs::path& path) {
    try {
      read_file(path, 10);
    } catch (const RequestError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message(folder / "missing").find("No such file"), std::string::npos);
  EXPECT_NE(message(folder).find("it is a folder"), std::string::npos);
  write_file_atomically(folder / "large", std::string_view("more than ten bytes"));
  EXPECT_NE(message(folder / "large").find("at most 10"), std::string::npos);
}

}  // namespace
}  // namespace brume
