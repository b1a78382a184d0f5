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
  SetOptions options(std::move(values), {{"ignore", std::move(ignore)}});
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

std::shared_ptr<const FederatedData> federate(const Scratch& scratch, const CsvDataset& data, std::uint64_t devices) {
  return data.federate({scratch.path, devices, 1, std::make_shared<NaturalPartition>()});
}

TEST(Csv, MeansAndDeviationsFollowFromTrainingRowsAlone) {
  const Scratch scratch;
  std::string text = "who,a,label\n";
  for (int i = 0; i < 10; ++i) text += "x," + std::to_string(i) + ",p\n";
  text += "x,1000,p\nx,2000,q\n";
  scratch.write("t.csv", text);
  const auto data = federate(
      scratch,
      dataset(
          {{"path", "t.csv"}, {"label", "label"}, {"device", "who"}, {"test_fraction", "0.17"}, {"test_from", "end"}}),
      1);
  Examples examples;
  data->load(0, examples);
  EXPECT_NEAR(examples.features[0], -4.5 / std::sqrt(8.25), 1e-5);
  data->load_test(0, 2, examples);
  EXPECT_NEAR(examples.features[1], (2000 - 4.5) / std::sqrt(8.25), 1e-2);
}

TEST(Csv, CategoriesBecomeAFeatureForEachValue) {
  const Scratch scratch;
  scratch.write("t.csv", "wind,a,label\nN,1,p\nSW,2,p\n?,3,p\n");
  SetOptions options({{"path", "t.csv"}, {"label", "label"}, {"test_fraction", "0"}, {"standardize", "false"}},
                     {{"categories", {"wind"}}});
  CsvDataset csv;
  csv.declare(options);
  const auto data = csv.federate({scratch.path, 1, 1, std::make_shared<QuantityPartition>()});
  EXPECT_EQ(data->shape().features, std::vector<std::int64_t>{3});  // a, wind=N, wind=SW
  Examples examples;
  data->load(0, examples);
  for (std::size_t row = 0; row < 3; ++row) {  // in any order
    const float* x = examples.features.data() + 3 * row;
    const float missing = 0.5F;  // the mean
    EXPECT_EQ(x[1], x[0] == 1 ? 1.0F : x[0] == 2 ? 0.0F : missing);
    EXPECT_EQ(x[2], x[0] == 1 ? 0.0F : x[0] == 2 ? 1.0F : missing);
  }
}

// Two files, a device each; y = 10·t + device.
TEST(Csv, WindowsForecastAndShareNoRowWithTests) {
  const Scratch scratch;
  for (const auto* file : {"a.csv", "b.csv"}) {
    std::string text = "t,y\n";
    for (int t = 0; t < 50; ++t) text += std::to_string(t) + "," + std::to_string(10 * t + (file[0] - 'a')) + "\n";
    scratch.write(file, text);
  }
  const auto data = federate(scratch,
                             dataset({{"path", "."},
                                      {"target", "y"},
                                      {"device_per_file", "true"},
                                      {"window.length", "4"},
                                      {"window.horizon", "2"},
                                      {"test_from", "end"},
                                      {"standardize", "false"}}),
                             2);
  EXPECT_EQ(data->shape().features, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(data->shape().task, LearningTask::regression);
  Examples examples;
  data->load(1, examples);
  ASSERT_GT(examples.count, 20U);
  for (std::size_t i = 0; i < examples.count; ++i) {
    const float* window = examples.features.data() + 8 * i;
    for (int step = 1; step < 4; ++step) EXPECT_EQ(window[step], window[0] + static_cast<float>(step));
    EXPECT_EQ(window[4], 10 * window[0] + 1);                  // y of the first step, the second channel
    EXPECT_EQ(examples.targets[i], 10 * (window[3] + 2) + 1);  // two rows after the last
  }
  const float last_trained = (examples.targets.back() - 1) / 10;
  data->load_test(0, data->test_count(), examples);
  for (std::size_t i = 0; i < examples.count; ++i) EXPECT_GT(examples.features[8 * i], last_trained);
}

TEST(Csv, TargetsAreStandardisedAndTheirUnitIsKnown) {
  const Scratch scratch;
  scratch.write("t.csv", "unit cycle x\n1 1 0\n1 2 0\n1 3 1\n2 1 5\n2 2  5 \n");
  const auto data = federate(scratch,
                             dataset({{"path", "t.csv"},
                                      {"separator", "space"},
                                      {"remaining", "cycle"},
                                      {"most_remaining", "1"},
                                      {"device", "unit"},
                                      {"test_fraction", "0"}}),
                             2);
  Examples examples;
  data->load(0, examples);  // 2, 1, 0 cycles are left, of which 1 at most counts; the other engine has 1, 0
  EXPECT_NEAR(data->shape().target_deviation, std::sqrt(0.24), 1e-6);
  EXPECT_NEAR(examples.targets[0], 0.4 / std::sqrt(0.24), 1e-6);
  EXPECT_EQ(examples.targets[0], examples.targets[1]);
  EXPECT_NEAR(examples.targets[2], -0.6 / std::sqrt(0.24), 1e-6);
}

TEST(Csv, ReadsWhatOtherProgramsWrite) {
  const Scratch scratch;
  scratch.write("t.csv", "\xEF\xBB\xBFstart,x,who\r\nNA,1e-50,a\r\n1700000001,2,a\r\n1700000004,3,a\r\n");
  const auto data = federate(scratch,
                             dataset({{"path", "t.csv"},
                                      {"remaining", "start"},
                                      {"test_fraction", "0"},
                                      {"device", "who"},
                                      {"skip_unlabelled", "true"},
                                      {"standardize", "false"}}),
                             1);
  Examples examples;
  data->load(0, examples);
  ASSERT_EQ(examples.count, 2U);  // a count that is missing spoils its row alone
  EXPECT_EQ(examples.targets[0], 3.0F);
}

TEST(Csv, AnomaliesAreInTestsAlone) {
  const Scratch scratch;
  std::string text = "mote,x,bad\n";
  for (int i = 0; i < 40; ++i) text += "1," + std::to_string(i) + (i % 10 == 9 ? ",1\n" : ",0\n");
  scratch.write("t.csv", text);
  const auto data = federate(
      scratch,
      dataset(
          {{"path", "t.csv"}, {"anomaly", "bad"}, {"device", "mote"}, {"test_fraction", "0.5"}, {"test_from", "end"}}),
      1);
  EXPECT_EQ(data->shape().outputs(), 1);
  Examples examples;
  data->load(0, examples);
  EXPECT_EQ(examples.count, 18U);
  data->load_test(0, data->test_count(), examples);
  EXPECT_EQ(std::count(examples.labels.begin(), examples.labels.end(), 1), 2);
}

TEST(Csv, WholeDevicesCanBeTheTests) {
  const Scratch scratch;
  std::string text = "who,a,label\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i % 10) + "," + std::to_string(i % 10) + ",p\n";
  scratch.write("t.csv", text);
  const auto data = federate(scratch,
                             dataset({{"path", "t.csv"},
                                      {"label", "label"},
                                      {"device", "who"},
                                      {"test_fraction", "0.3"},
                                      {"test_from", "devices"},
                                      {"standardize", "false"}}),
                             7);
  Examples trained;
  Examples tests;
  data->load_test(0, data->test_count(), tests);
  EXPECT_EQ(tests.count, 30U);
  for (DeviceIndex device = 0; device < 7; ++device) {
    data->load(device, trained);
    for (const float who : tests.features) EXPECT_NE(who, trained.features.front());
  }
}

TEST(Csv, SaysWhatIsWrong) {
  const Scratch scratch;
  scratch.write("t.csv", kTable);
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"label", "lable"}})),
              HasSubstr("t.csv:1: there is no column 'lable'; did you mean 'label'?"));
  EXPECT_THAT(
      message(scratch, dataset({{"path", "t.csv"}, {"label", "same"}})),
      HasSubstr("t.csv:2: 'walk' in column 'label' is no number; list columns without numbers under 'ignore' or "
                "'categories'"));
  scratch.write("gaps.csv", "a,y\n1,2\n3,NA\n");
  scratch.write("infinite.csv", "a,y\n1,2\ninf,4\n");
  EXPECT_THAT(message(scratch, dataset({{"path", "gaps.csv"}, {"target", "y"}})),
              HasSubstr("gaps.csv:3: the row has no label or target; 'skip_unlabelled: true'"));
  EXPECT_THAT(message(scratch, dataset({{"path", "infinite.csv"}, {"target", "y"}})),
              HasSubstr("infinite.csv:3: 'inf' in column 'a' is no number"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}})), HasSubstr("none are given"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"label", "label"}, {"target", "a"}})),
              HasSubstr("2 are given"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"target", "id"}, {"window.length", "2"}}, {"label"})),
              HasSubstr("windows overlap"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"anomaly", "a"}}, {"label"})),
              HasSubstr("an anomaly is 1"));
  EXPECT_THAT(message(scratch, dataset({{"path", "missing.csv"}, {"label", "label"}})), HasSubstr("No such file"));
  EXPECT_THAT(message(scratch, dataset({{"path", "t.csv"}, {"label", "label"}, {"device", "who"}}), 9),
              HasSubstr("the data set has 3 devices of its own, the topology asks for 9"));
}

}  // namespace
}  // namespace brume::learning
