#include "learning/data/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "learning/data/csv_table.hpp"
#include "learning/partitions/partitions.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

using ::testing::HasSubstr;

CsvDataset dataset(std::map<std::string, std::string> values, std::vector<std::string> ignore = {}) {
  CsvDataset result;
  SetOptions options(std::move(values), std::move(ignore));
  result.declare(options);
  EXPECT_EQ(options.wrong, "");
  return result;
}

std::string message(const Scratch& scratch, const CsvDataset& data, std::uint64_t devices = 1) {
  try {
    data.federate({scratch.path, devices, 1, std::make_shared<NaturalPartition>()});
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

TEST(CsvTable, FollowsRfc4180) {
  const Scratch scratch;
  scratch.write("a.csv", "x,\"a \"\"b\"\"\",z\r\n1,\"two, or\nmore\",3\r\n\r\n4,5,\n");
  const auto table = read_csv(scratch.path / "a.csv");
  EXPECT_EQ(table.header[1], "a \"b\"");
  EXPECT_EQ(table.rows[0][1], "two, or\nmore");
  EXPECT_EQ(table.rows[1][2], "");
  EXPECT_EQ(table.lines[1], 5U);
}

TEST(CsvTable, SaysWhere) {
  const Scratch scratch;
  scratch.write("short.csv", "a,b\n1,2\n3\n");
  scratch.write("open.csv", "a,b\n1,\"2\n");
  scratch.write("empty.csv", "");
  scratch.write("header.csv", "a,b\n");
  const auto problem = [&](const char* name) {
    try {
      read_csv(scratch.path / name);
    } catch (const RequestError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(problem("short.csv"), HasSubstr("short.csv:3: this row has 1 cells, the header has 2"));
  EXPECT_THAT(problem("open.csv"), HasSubstr("open.csv:2: a quote is never closed"));
  EXPECT_THAT(problem("empty.csv"), HasSubstr("is empty"));
  EXPECT_THAT(problem("header.csv"), HasSubstr("a header but no rows"));
}

// Three people; the column `same` is constant, one value is missing.
const char* const kTable =
    "id,who,a,same,label\n"
    "1,10,1,5,walk\n2,10,3,5,run\n3,2,5,5,walk\n4,2,?,5,sit\n5,7,7,5,run\n";

TEST(Csv, FindsDevicesClassesAndFeatures) {
  const Scratch scratch;
  scratch.write("t.csv", kTable);
  const auto data = dataset({{"path", "t.csv"}, {"label", "label"}, {"device", "who"}, {"test_fraction", "0"}}, {"id"})
                        .federate({scratch.path, 3, 1, std::make_shared<NaturalPartition>()});
  EXPECT_EQ(data->shape().features, std::vector<std::int64_t>{2});
  EXPECT_EQ(data->shape().classes, 3);
  EXPECT_EQ(data->sample_count(0), 2U);  // who = 2 comes before 7 and 10
  EXPECT_EQ(data->sample_count(1), 1U);
  Examples examples;
  data->load(0, examples);
  EXPECT_EQ(examples.labels, (std::vector<std::int32_t>{2, 1}));  // run, sit, walk
  // a has mean 4 and deviation √5 without the missing value, which becomes the mean, 0.
  EXPECT_NEAR(examples.features[0], 1 / std::sqrt(5.0), 1e-6);
  EXPECT_EQ(examples.features[2], 0.0F);
  EXPECT_EQ(examples.features[1], 0.0F);  // the constant column
}

TEST(Csv, HoldsOutAShareOfEachDevicesRows) {
  const Scratch scratch;
  std::string text = "who,a,label\n";
  for (int i = 0; i < 100; ++i) text += (i < 80 ? "x," : "y,") + std::to_string(i) + (i % 2 ? ",p\n" : ",q\n");
  scratch.write("t.csv", text);
  const auto data = dataset({{"path", "t.csv"}, {"label", "label"}, {"device", "who"}, {"test_fraction", "0.25"}})
                        .federate({scratch.path, 2, 1, std::make_shared<NaturalPartition>()});
  EXPECT_EQ(data->sample_count(0), 60U);
  EXPECT_EQ(data->sample_count(1), 15U);
  EXPECT_EQ(data->test_count(), 25U);
}

TEST(Csv, SaysWhatIsWrong) {
  const Scratch scratch;
  scratch.write("t.csv", kTable);
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"label", "lable"}})),
              HasSubstr("t.csv:1: there is no column 'lable'; did you mean 'label'?"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"label", "same"}})),
              HasSubstr("t.csv:2: 'walk' in column 'label' is no number"));
  EXPECT_THAT(message(scratch, dataset({{"path", "missing.csv"}, {"label", "label"}})), HasSubstr("No such file"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"label", "label"}, {"device", "who"}}), 9),
              HasSubstr("the data set has 3 devices of its own, the topology asks for 9"));
}

}  // namespace
}  // namespace brume::learning
