#include "learning/data/synthetic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "brume/error.hpp"
#include "learning/partitions/partitions.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

std::shared_ptr<const FederatedData> make(std::map<std::string, std::string> values,
                                          std::uint64_t devices = 1'000'000) {
  SyntheticDataset data;
  SetOptions options(std::move(values));
  data.declare(options);
  EXPECT_EQ(options.wrong, "");
  return data.federate({"", devices, 1, nullptr});
}

TEST(Synthetic, ADevicesDataAreAFunctionOfItsIndex) {
  const auto data = make({});
  Examples a, b, other;
  data->load(999'999, a);
  data->load(3, other);
  data->load(999'999, b);
  EXPECT_EQ(a.features, b.features);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.count, data->sample_count(999'999));
  EXPECT_NE(std::vector<float>(a.features.begin(), a.features.begin() + 10),
            std::vector<float>(other.features.begin(), other.features.begin() + 10));
}

// Σ = diag(j^−1.2): the spread around the device's mean falls with the feature's number.
TEST(Synthetic, FeaturesHaveThePapersVariances) {
  const auto data = make({{"least_samples", "5000"}, {"most_samples", "5000"}}, 1);
  Examples examples;
  data->load(0, examples);
  for (const std::size_t j : {0U, 9U, 59U}) {
    double mean = 0;
    double square = 0;
    for (std::size_t i = 0; i < examples.count; ++i) mean += examples.features[i * 60 + j] / 5000;
    for (std::size_t i = 0; i < examples.count; ++i) square += std::pow(examples.features[i * 60 + j] - mean, 2) / 5000;
    EXPECT_NEAR(square / std::pow(static_cast<double>(j + 1), -1.2), 1, 0.1);
  }
}

TEST(Synthetic, SamplesStayWithinTheirLimits) {
  const auto data = make({{"least_samples", "10"}, {"most_samples", "100"}});
  std::set<std::uint64_t> different;
  for (DeviceIndex device = 0; device < 1000; ++device) {
    const auto count = data->sample_count(device);
    EXPECT_GE(count, 10U);
    EXPECT_LE(count, 100U);
    different.insert(count);
  }
  EXPECT_GT(different.size(), 20U);
}

TEST(Synthetic, TestExamplesDoNotDependOnHowTheyAreSliced) {
  const auto data = make({{"test_devices", "5"}, {"test_samples", "7"}});
  ASSERT_EQ(data->test_count(), 35U);
  Examples whole, part;
  data->load_test(0, 35, whole);
  data->load_test(10, 12, part);
  EXPECT_TRUE(std::equal(part.features.begin(), part.features.end(), whole.features.begin() + 10 * 60));
  EXPECT_TRUE(std::equal(part.labels.begin(), part.labels.end(), whole.labels.begin() + 10));
}

TEST(Synthetic, TakesNoPartition) {
  SyntheticDataset data;
  EXPECT_THROW(data.federate({"", 5, 1, std::make_shared<IidPartition>()}), RequestError);
}

}  // namespace
}  // namespace brume::learning
