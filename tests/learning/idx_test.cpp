#include "learning/data/idx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "learning/partitions/partitions.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

using ::testing::HasSubstr;

std::string idx(std::vector<std::uint8_t> shape, const std::string& data) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const auto extent : shape) bytes += std::string{'\0', '\0', '\0', static_cast<char>(extent)};
  return bytes + data;
}

struct Files {
  Files() {
    scratch.write("train-images-idx3-ubyte.gz", idx({2, 1, 2}, {'\0', '\xFF', '\x33', '\x66'}));
    scratch.write("train-labels-idx1-ubyte.gz", idx({2}, {'\x01', '\x00'}));
    scratch.write("t10k-images-idx3-ubyte.gz", idx({1, 1, 2}, {'\xFF', '\xFF'}));
    scratch.write("t10k-labels-idx1-ubyte.gz", idx({1}, {'\x02'}));
  }
  std::shared_ptr<const FederatedData> read() const {
    IdxDataset data;
    SetOptions options({{"path", scratch.path.string()}, {"mean", "0.5"}, {"deviation", "0.5"}});
    data.declare(options);
    return data.federate({"", 1, 1, std::make_shared<IidPartition>()});
  }
  std::string message() const {
    try {
      read();
    } catch (const RequestError& error) {
      return error.what();
    }
    return "";
  }
  Scratch scratch;
};

TEST(Idx, ReadsPlainFilesAndNormalises) {
  const Files files;
  const auto data = files.read();
  EXPECT_EQ(data->shape().text(), "1×1×2");
  EXPECT_EQ(data->shape().classes, 3);
  Examples test;
  data->load_test(0, 1, test);
  EXPECT_EQ(test.features[0], 1.0F);
  EXPECT_EQ(test.labels[0], 2);
  Examples train;
  data->load(0, train);
  float sum = 0;
  for (const float value : train.features) sum += value;
  EXPECT_NEAR(sum, (-1 + 1) + (0.2 * 2 - 1) + (0.4 * 2 - 1), 1e-6);
}

TEST(Idx, SaysWhatIsWrong) {
  const Files files;
  files.scratch.write("train-images-idx3-ubyte.gz", idx({2, 1, 2}, "abc"));
  EXPECT_THAT(files.message(), HasSubstr("is truncated: its header promises 4 bytes of data, 3 are there"));
  files.scratch.write("train-images-idx3-ubyte.gz", idx({2}, "ab"));
  EXPECT_THAT(files.message(), HasSubstr("is no IDX file of unsigned bytes with 3 dimensions"));
  files.scratch.write("train-images-idx3-ubyte.gz", idx({3, 1, 1}, "abc"));
  EXPECT_THAT(files.message(), HasSubstr("has 3 images"));
  files.scratch.write("train-images-idx3-ubyte.gz", "\x1f\x8b\x08 cut off");
  EXPECT_NE(files.message(), "");
  std::filesystem::remove(files.scratch.path / "train-images-idx3-ubyte.gz");
  EXPECT_THAT(files.message(), HasSubstr("No such file"));
}

TEST(Idx, FashionMnistSaysHowToGetIt) {
  FashionMnist data;
  SetOptions options(std::map<std::string, std::string>{{"path", "/nowhere"}});
  data.declare(options);
  try {
    data.federate({"", 1, 1, std::make_shared<IidPartition>()});
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_THAT(error.what(), HasSubstr("apt-get install dataset-fashion-mnist"));
  }
}

}  // namespace
}  // namespace brume::learning
