#include "learning/partitions/partitions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "brume/error.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

class Table final : public PooledData {
 public:
  explicit Table(std::size_t rows) {
    for (std::size_t i = 0; i < rows; ++i) labels_.push_back(static_cast<std::int32_t>(i % 10));
    for (std::size_t i = 0; i < rows; ++i) owners_.push_back(static_cast<std::uint32_t>(i % 7));
  }
  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return labels_; }
  std::span<const std::uint32_t> natural_devices() const override { return owners_; }
  void copy(std::span<const std::uint32_t>, Examples&) const override {}
  std::uint64_t test_count() const override { return 0; }
  void copy_test(std::uint64_t, std::uint64_t, Examples&) const override {}

 private:
  DataShape shape_{{1}, 10};
  std::vector<std::int32_t> labels_;
  std::vector<std::uint32_t> owners_;
};

void expect_each_row_once(const Assignment& assignment, std::size_t rows, std::uint64_t devices) {
  EXPECT_EQ(assignment.device_count(), devices);
  EXPECT_EQ(std::set<std::uint32_t>(assignment.rows.begin(), assignment.rows.end()).size(), rows);
  EXPECT_EQ(assignment.rows.size(), rows);
  for (std::uint64_t device = 0; device < devices; ++device) EXPECT_FALSE(assignment.of(device).empty());
}

std::size_t labels_of(const Table& table, std::span<const std::uint32_t> rows) {
  std::set<std::int32_t> labels;
  for (const auto row : rows) labels.insert(table.labels()[row]);
  return labels.size();
}

double mean_labels(const Table& table, const Assignment& assignment) {
  double total = 0;
  for (std::uint64_t device = 0; device < assignment.device_count(); ++device)
    total += static_cast<double>(labels_of(table, assignment.of(device)));
  return total / static_cast<double>(assignment.device_count());
}

DirichletPartition dirichlet(const std::string& alpha) {
  DirichletPartition partition;
  SetOptions options(std::map<std::string, std::string>{{"alpha", alpha}});
  partition.declare(options);
  return partition;
}

TEST(Partitions, DealEachRowOnce) {
  const Table table(1003);
  expect_each_row_once(IidPartition().deal(table, 50, 1), 1003, 50);
  expect_each_row_once(dirichlet("0.1").deal(table, 50, 1), 1003, 50);
  expect_each_row_once(ShardsPartition().deal(table, 50, 1), 1003, 50);
  expect_each_row_once(NaturalPartition().deal(table, 7, 1), 1003, 7);
}

TEST(Partitions, AreFunctionsOfTheSeed) {
  const Table table(1000);
  EXPECT_EQ(dirichlet("0.3").deal(table, 20, 1).rows, dirichlet("0.3").deal(table, 20, 1).rows);
  EXPECT_NE(dirichlet("0.3").deal(table, 20, 1).rows, dirichlet("0.3").deal(table, 20, 2).rows);
  EXPECT_NE(IidPartition().deal(table, 20, 1).rows, IidPartition().deal(table, 20, 2).rows);
}

// With 60 rows and 10 labels a device sees almost all of them when α is large and few when it is small.
TEST(Partitions, DirichletSkewFollowsAlpha) {
  const Table table(60'000);
  EXPECT_GT(mean_labels(table, dirichlet("1000").deal(table, 1000, 1)), 9.8);
  const double skewed = mean_labels(table, dirichlet("0.1").deal(table, 1000, 1));
  EXPECT_LT(skewed, 4.5);
  EXPECT_GT(mean_labels(table, dirichlet("0.5").deal(table, 1000, 1)), skewed + 1);
}

TEST(Partitions, ShardsGiveFewLabels) {
  const Table table(60'000);
  EXPECT_LE(mean_labels(table, ShardsPartition().deal(table, 100, 1)), 2.3);
}

QuantityPartition quantity(const std::string& law, const std::string& parameter, const std::string& value) {
  QuantityPartition partition;
  SetOptions options(std::map<std::string, std::string>{{"law", law}, {parameter, value}});
  partition.declare(options);
  return partition;
}

std::vector<double> sizes(const Assignment& assignment) {
  std::vector<double> result;
  for (std::uint64_t device = 0; device < assignment.device_count(); ++device)
    result.push_back(static_cast<double>(assignment.of(device).size()));
  std::sort(result.rbegin(), result.rend());
  return result;
}

TEST(Partitions, QuantitiesFollowTheirLaw) {
  const Table table(100'000);
  const auto zipf = quantity("zipf", "exponent", "1").deal(table, 100, 1);
  expect_each_row_once(zipf, 100'000, 100);
  EXPECT_NEAR(sizes(zipf)[0] / sizes(zipf)[9], 10, 0.1);
  EXPECT_NEAR(sizes(zipf)[0] / sizes(zipf)[99], 100, 2);
  const auto normal = quantity("log_normal", "deviation", "0.5").deal(table, 1000, 1);
  expect_each_row_once(normal, 100'000, 1000);
  double mean = 0;
  double square = 0;
  for (const double size : sizes(normal)) {
    mean += std::log(size) / 1000;
    square += std::log(size) * std::log(size) / 1000;
  }
  EXPECT_NEAR(std::sqrt(square - mean * mean), 0.5, 0.03);
}

TEST(Partitions, RecordedClientsKeepTheirLabelsAndProportions) {
  const Scratch scratch;
  scratch.write("map.csv", "client,label,samples\nx,cat,30\nx,dog,10\ny,dog,10\nz,bird,5\n");
  RecordedPartition partition;
  SetOptions options(std::map<std::string, std::string>{{"path", "map.csv"}});
  partition.declare(options);
  partition.open(scratch.path);
  const Table table(1000);  // 100 of each class; bird, cat and dog are classes 0, 1 and 2
  const auto dealt = partition.deal(table, 3, 1);
  EXPECT_EQ(dealt.rows.size(), 300U);
  std::multiset<std::pair<std::size_t, std::size_t>> seen;
  for (std::uint64_t device = 0; device < 3; ++device)
    seen.emplace(dealt.of(device).size(), labels_of(table, dealt.of(device)));
  EXPECT_EQ(seen, (std::multiset<std::pair<std::size_t, std::size_t>>{{150, 2}, {50, 1}, {100, 1}}));
  EXPECT_THROW(partition.deal(table, 4, 1), RequestError);
}

TEST(Partitions, RecordedLeavesNobodyWithoutData) {
  const Scratch scratch;
  scratch.write("map.csv", "client,label,samples\na,x,1000000\nb,x,1\nc,x,1\n");
  RecordedPartition partition;
  SetOptions options(std::map<std::string, std::string>{{"path", "map.csv"}});
  partition.declare(options);
  partition.open(scratch.path);
  EXPECT_EQ(sizes(partition.deal(Table(100), 3, 1)).back(), 1);  // of ten rows of class 0
  EXPECT_THROW(partition.deal(Table(20), 3, 1), RequestError);   // of two
}

TEST(Partitions, SayWhenThereIsTooLittle) {
  const Table table(10);
  EXPECT_THROW(IidPartition().deal(table, 11, 1), RequestError);
  EXPECT_THROW(dirichlet("1").deal(table, 11, 1), RequestError);
  EXPECT_THROW(ShardsPartition().deal(table, 6, 1), RequestError);
  EXPECT_THROW(NaturalPartition().deal(table, 8, 1), RequestError);
}

}  // namespace
}  // namespace brume::learning
