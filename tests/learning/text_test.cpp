#include "learning/data/text.hpp"

#include <gtest/gtest.h>

#include "brume/error.hpp"
#include "learning/partitions/partitions.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

std::shared_ptr<const FederatedData> federate(const Scratch& scratch, const std::string& path, std::uint64_t devices) {
  TextDataset dataset;
  SetOptions options({{"path", path}, {"window", "3"}, {"test_fraction", "0.25"}});
  dataset.declare(options);
  return dataset.federate({scratch.path, devices, 1, std::make_shared<NaturalPartition>()});
}

TEST(Text, SpeakersAreDevices) {
  const Scratch scratch;
  scratch.write("play.txt", "A:\nabcdefg\n\nB:\nto: be\n\nA:\nhij\n");
  const auto data = federate(scratch, "play.txt", 2);
  Examples examples;
  data->load(0, examples);  // abcdefg⏎⏎hij⏎: 13 characters, of which 9 are trained on
  EXPECT_EQ(data->shape().symbols, data->shape().classes);
  ASSERT_EQ(examples.count, 6U);
  // The next example's last character is this one's label.
  for (std::size_t i = 0; i + 1 < examples.count; ++i)
    EXPECT_EQ(static_cast<float>(examples.labels[i]), examples.features[3 * (i + 1) + 2]);
  for (const float symbol : examples.features) EXPECT_LT(symbol, static_cast<float>(data->shape().symbols));
  EXPECT_EQ(data->test_count(), 1U);  // of A: behind the ninth are four characters; B has two
}

TEST(Text, FilesAreDevices) {
  const Scratch scratch;
  scratch.write("one.txt", "aaaaaaaaaaaa");
  scratch.write("two.txt", "bbbbbbbbbbbb");
  const auto data = federate(scratch, ".", 2);
  Examples examples;
  data->load(1, examples);
  EXPECT_EQ(examples.labels.front(), 1);
  EXPECT_EQ(data->shape().classes, 2);
}

TEST(Text, SaysWhatIsMissing) {
  const Scratch scratch;
  scratch.write("prose.txt", "No speaker speaks here.\n");
  scratch.write("short.txt", "A:\nab\n");
  EXPECT_THROW(federate(scratch, "prose.txt", 1), RequestError);
  EXPECT_THROW(federate(scratch, "short.txt", 1), RequestError);
  EXPECT_THROW(federate(scratch, "none.txt", 1), RequestError);
}

}  // namespace
}  // namespace brume::learning
