// What lossy parts leave out of their sums: nothing is lost, whatever becomes of a part, and no more is ever missing
// than their codec's largest error allows.
#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "compression/ecsq.hpp"
#include "compression/quantize.hpp"
#include "compression/top_k.hpp"
#include "core/bytes.hpp"
#include "tests/fog_node/driver.hpp"

namespace brume::fog_node {
namespace {

constexpr std::int64_t kParameters = 40;
constexpr std::uint64_t kDevices = 2;

template <class T>
std::shared_ptr<const Codec> chain_of(std::span<const std::byte> parameters) {
  auto stage = std::make_shared<T>();
  stage->set_parameters(parameters);
  return std::make_shared<compression::Chain>(std::vector<std::shared_ptr<const Stage>>{stage});
}

std::shared_ptr<const Codec> top_k(double fraction) {
  ByteWriter writer;
  writer.f64(fraction);
  return chain_of<compression::TopK>(writer.bytes());
}

std::shared_ptr<const Codec> quantize(std::uint8_t bits) {
  ByteWriter writer;
  writer.u8(bits);
  writer.u16(kParameters);
  return chain_of<compression::Quantize>(writer.bytes());
}

using Terms = std::vector<std::int64_t>;

/// A fog node with a lossy uplink, which can be stopped and made again from its records.
class Fleet {
 public:
  explicit Fleet(const std::shared_ptr<const Codec>& codec) : driver_(1, kDevices, kParameters) {
    driver_.setup.fog_uplink = codec;
    driver_.setup.error_feedback = codec->traits().contraction;
    driver_.make_node();
  }

  /// Has all devices send updates of `values`; returns the sum of them and that which the part carries.
  struct Round {
    Terms wanted;
    Terms sent;
  };
  Round run(Version version, std::span<const float> values, double weight = 1) {
    tell(driver_.from_parent(driver_.asked(version, {0, 1})));
    const auto algorithm = driver_.setup.algorithm;
    const auto format = ExactFormat::for_contributions(kDevices);
    const auto wanted = algorithm->aggregate(driver_.layout, format);
    for (DeviceIndex device = 0; device < kDevices; ++device) {
      State none;
      auto received = driver_.update(version, device, weight * (1.0 + static_cast<double>(device)));
      std::get<UpdateMessage>(received.message).vectors[0].frame =
          driver_.codec->encode(values, *driver_.layout, {driver_.digest, 0}, Stream(1, Purpose::uplink), none);
      Contribution contribution{{version, device, 0}, weight * (1.0 + static_cast<double>(device)), {}, {}};
      contribution.vectors.push_back({"delta", driver_.layout, FloatVector(values.begin(), values.end())});
      EXPECT_EQ(wanted->add(contribution), AddOutcome::added);
      tell(received);
    }
    const auto sent = algorithm->aggregate(driver_.layout, format);
    sent->decode(*parts_.at(version).aggregate, driver_.setup.fog_uplink.get());
    return {terms_of(*wanted), terms_of(*sent)};
  }

  void settle(Version version, Outcome outcome) { tell(driver_.from_parent(SettledMessage{{version, 0, 0}, outcome})); }

  void restart() {
    driver_.make_node();
    driver_.node->restore(records_);
    tell(Started{});
  }
  void compact() {
    records_.clear();
    records_.emplace_back(driver_.node->snapshot());
  }

 private:
  static Terms terms_of(const Aggregate& aggregate) {
    const auto terms = dynamic_cast<const WeightedSums&>(aggregate).sum("delta").terms();
    return {terms.begin(), terms.end()};
  }
  void tell(const Event& event) {
    driver_.tell(event);
    for (const auto& persist : driver_.all<Persist>()) records_.push_back(persist.record);
    for (const auto& part : driver_.sent<PartialMessage>()) parts_[part.task.version] = part;
  }

  Driver driver_;
  std::vector<Record> records_;
  std::map<Version, PartialMessage> parts_;
};

std::vector<float> random_values(Stream& stream) {
  std::vector<float> values(kParameters);
  for (float& value : values) value = static_cast<float>(stream.normal() * 0.01);
  return values;
}

void add(Terms& sum, const Terms& terms, std::int64_t sign = 1) {
  sum.resize(terms.size());
  for (std::size_t i = 0; i < terms.size(); ++i) sum[i] += sign * terms[i];
}

double norm(const Terms& terms) {
  double square = 0;
  for (const auto term : terms) square += static_cast<double>(term) * static_cast<double>(term);
  return std::sqrt(square);
}

// Parts are under way together, come to any end in any order, and the node begins again at any time. In the end, rounds
// of zeros bring up all that is left of the rounds that were included, to the last bit.
TEST(LeftOut, ComesWithLaterPartsWhateverBecomesOfThem) {
  constexpr int kHistories = 2000;
  const std::vector<float> zeros(kParameters);
  for (int history = 0; history < kHistories; ++history) {
    Stream stream(static_cast<std::uint64_t>(history), Purpose::plugin);
    Fleet fleet(top_k(0.2));
    Terms missing(kParameters);
    std::map<Version, Fleet::Round> under_way;
    Version version = 0;
    const auto settle_one = [&](Outcome outcome) {
      auto which = under_way.begin();
      std::advance(which, static_cast<std::ptrdiff_t>(stream.below(under_way.size())));
      fleet.settle(which->first, outcome);
      if (outcome == Outcome::included) {
        add(missing, which->second.wanted);
        add(missing, which->second.sent, -1);
      }
      under_way.erase(which);
    };
    for (int step = 0; step < 15; ++step) {
      const auto choice = stream.below(6);
      if (choice < 3 && under_way.size() < 3) {
        under_way[version] = fleet.run(version, random_values(stream));
        ++version;
      } else if (choice < 5 && !under_way.empty()) {
        settle_one(static_cast<Outcome>(stream.below(3)));
      } else {
        if (stream.below(2) == 0) fleet.compact();
        fleet.restart();
      }
    }
    while (!under_way.empty()) settle_one(Outcome::included);
    for (int step = 0; step < 25; ++step, ++version) {
      add(missing, fleet.run(version, zeros).sent, -1);
      fleet.settle(version, Outcome::included);
    }
    ASSERT_EQ(missing, Terms(kParameters)) << "history " << history;
  }
}

// A step divides sums by weights: what a part of many examples left out is not made more by a part of few.
TEST(LeftOut, IsTheSameMeanInPartsOfAnotherWeight) {
  Stream stream(3, Purpose::plugin);
  Fleet fleet(top_k(0.2));
  const auto first = fleet.run(0, random_values(stream), 100);
  fleet.settle(0, Outcome::included);
  Terms missing = first.wanted;
  add(missing, first.sent, -1);
  const std::vector<float> zeros(kParameters);
  Terms later(kParameters);
  for (Version version = 1; version < 20; ++version) {
    add(later, fleet.run(version, zeros, 0.5).sent);
    fleet.settle(version, Outcome::included);
  }
  EXPECT_GT(norm(missing), 0);
  for (std::size_t i = 0; i < later.size(); ++i)
    EXPECT_NEAR(static_cast<double>(later[i]) * 200, static_cast<double>(missing[i]), 1e-5 * norm(missing));
}

// A quantiser may go beyond what sums can hold: such a part is its parent's to refuse, and takes nothing along.
TEST(LeftOut, OfAPartBeyondTheRangeOfSumsIsWhatItWas) {
  const auto algorithm = std::make_shared<algorithms::FedAvg>();
  const auto layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {8}, TensorRole::trainable}});
  ByteWriter coarse;
  coarse.u8(4);
  coarse.u16(8);
  auto quantiser = std::make_shared<compression::Quantize>();
  quantiser->set_parameters(coarse.bytes());
  const auto codec = std::make_shared<compression::Chain>(std::vector<std::shared_ptr<const Stage>>{quantiser});
  PartEncoder encoder({algorithm, layout, codec, true});
  int beyond = 0;
  for (std::uint64_t round = 0; round < 50; ++round) {
    auto sum = algorithm->aggregate(layout, ExactFormat::for_contributions(1));
    Contribution contribution{{round, 0, 0}, 3, {}, {}};
    contribution.vectors.push_back({"delta", layout, FloatVector(8)});
    contribution.vectors[0].values[3] = 5592405;  // 3 · x is the largest that fits
    ASSERT_EQ(sum->add(contribution), AddOutcome::added);
    PartEncoder::Staged staged;
    std::string problem;
    const auto frame = encoder.encode(*sum, Stream(round, Purpose::fog_uplink), staged, problem);
    auto received = algorithm->aggregate(layout, ExactFormat::for_contributions(1));
    if (problem.empty()) {
      EXPECT_NO_THROW(received->decode(*frame, codec.get()));
    } else {
      EXPECT_THROW(received->decode(*frame, codec.get()), FormatError);
      ++beyond;
    }
    encoder.settle(staged, Outcome::refused);
  }
  EXPECT_GT(beyond, 5);
  EXPECT_LT(beyond, 45);
}

// With error feedback, e ≤ q · (e + s): never more than q / (1 − q) of the largest sum is missing, over all parts
// together. Without, each part is within q of its sum.
TEST(LeftOut, IsBoundedByTheLargestErrorOfTheCodec) {
  const auto ecsq = std::make_shared<compression::Chain>(
      std::vector<std::shared_ptr<const Stage>>{std::make_shared<compression::Ecsq>()});
  for (const auto& codec : {top_k(0.5), top_k(0.9), std::shared_ptr<const Codec>(ecsq), quantize(8), quantize(4)}) {
    Stream stream(7, Purpose::plugin);
    Fleet fleet(codec);
    const double q = codec->traits().most_error;
    const bool feedback = codec->traits().contraction;
    ASSERT_TRUE(std::isfinite(q) && (!feedback || q < 1)) << q;
    const double bound = feedback ? q / (1 - q) : q;
    double largest = 0;
    double worst = 0;
    Terms missing(kParameters);
    for (Version version = 0; version < 100; ++version) {
      const auto round = fleet.run(version, random_values(stream));
      fleet.settle(version, Outcome::included);
      if (!feedback) missing.assign(kParameters, 0);
      add(missing, round.wanted);
      add(missing, round.sent, -1);
      largest = std::max(largest, norm(round.wanted));
      worst = std::max(worst, norm(missing) / largest);
      ASSERT_LE(norm(missing), bound * largest * (1 + 1e-6)) << "version " << version;
    }
    EXPECT_GT(worst, 0) << "nothing was lossy";
  }
}

}  // namespace
}  // namespace brume::fog_node
