#include "core/model_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "brume/error.hpp"
#include "core/files.hpp"

namespace brume {
namespace {

namespace fs = std::filesystem;

Parameters example() {
  Parameters model(std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"w", {2, 2}, TensorRole::trainable}, {"m", {1}, TensorRole::buffer}}));
  for (std::size_t i = 0; i < model.values().size(); ++i) model.values()[i] = 0.5F * static_cast<float>(i);
  return model;
}

class ModelFile : public ::testing::Test {
 protected:
  fs::path path = fs::path(::testing::TempDir()) / ("brume_model_" + std::to_string(::getpid()));
  void TearDown() override { fs::remove(path); }
};

TEST_F(ModelFile, ReadsBackTheSameModel) {
  write_model_file(path, example());
  const auto read = read_model_file(path);
  EXPECT_EQ(read.digest(), example().digest());
  EXPECT_EQ(read.layout().tensors()[1].role, TensorRole::buffer);
}

TEST_F(ModelFile, EveryFlippedBitAndEveryTruncationIsFound) {
  write_model_file(path, example());
  const auto good = read_file(path, 10'000);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= std::byte{0x10};
    write_file_atomically(path, bad);
    EXPECT_THROW(read_model_file(path), RequestError) << i;
    bad.resize(i);
    write_file_atomically(path, bad);
    EXPECT_THROW(read_model_file(path), RequestError) << i;
  }
}

}  // namespace
}  // namespace brume
