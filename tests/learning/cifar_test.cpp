#include "learning/data/cifar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "learning/partitions/partitions.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

std::string record(char label, char pixel) { return std::string(1, label) + std::string(3072, pixel); }

CifarDataset dataset(std::map<std::string, std::string> values, std::map<std::string, std::vector<std::string>> lists) {
  CifarDataset result;
  values["path"] = ".";
  SetOptions options(std::move(values), std::move(lists));
  result.declare(options);
  return result;
}

TEST(Cifar, ReadsRecords) {
  const Scratch scratch;
  scratch.write("a.bin", record(3, '\x7f') + record(1, '\0'));
  scratch.write("b.bin", record(0, '\xff'));
  scratch.write("t.bin", record(2, '\0'));
  const auto data = dataset({}, {{"train", {"a.bin", "b.bin"}}, {"test", {"t.bin"}}})
                        .federate({scratch.path, 1, 1, std::make_shared<IidPartition>()});
  EXPECT_EQ(data->shape().text(), "3×32×32");
  EXPECT_EQ(data->shape().classes, 4);
  Examples examples;
  data->load(0, examples);
  ASSERT_EQ(examples.count, 3U);
  for (std::size_t i = 0; i < 3; ++i)
    if (examples.labels[i] == 0) {
      EXPECT_NEAR(examples.features[3072 * i], (1 - 0.4914) / 0.2470, 1e-5);         // red
      EXPECT_NEAR(examples.features[3072 * i + 3071], (1 - 0.4465) / 0.2616, 1e-5);  // blue
    }
  data->load_test(0, 1, examples);
  EXPECT_EQ(examples.labels[0], 2);
}

TEST(Cifar, KeepsTestsBack) {
  const Scratch scratch;
  std::string bytes;
  for (char i = 0; i < 10; ++i) bytes += record(i, i);
  scratch.write("a.bin", bytes);
  const auto data = dataset({{"test_fraction", "0.3"}}, {{"train", {"a.bin"}}, {"test", {}}})
                        .federate({scratch.path, 7, 1, std::make_shared<IidPartition>()});
  EXPECT_EQ(data->test_count(), 3U);
}

TEST(Cifar, SaysWhatIsWrong) {
  const Scratch scratch;
  scratch.write("a.bin", record(0, 0) + "x");
  try {
    dataset({}, {{"train", {"a.bin"}}, {"test", {}}}).federate({scratch.path, 1, 1, std::make_shared<IidPartition>()});
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("no whole number of records of 3073"));
  }
}

}  // namespace
}  // namespace brume::learning
