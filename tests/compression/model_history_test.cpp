// Versions of the model as changes: who holds what gets what, and everybody ends with the same bits.
#include "compression/model_history.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "brume/error.hpp"
#include "core/archive.hpp"
#include "tests/compression/sources.hpp"

namespace brume::compression {
namespace {

const LayoutPointer kLayout = std::make_shared<const Layout>(
    std::vector<TensorSpec>{{"w", {30, 100}, TensorRole::trainable}, {"b", {30}, TensorRole::trainable}});

ModelHistory history(bool sends, const char* changes = "[{global_top_k: {fraction: 0.05}}, half]",
                     const char* whole = "[{quantize: {bits: 8}}, entropy]") {
  return {{testing::codec(whole), testing::codec(changes)},
          kLayout,
          sends ? ModelHistory::Keeps::recent : ModelHistory::Keeps::newest};
}

// A model that moves towards a goal, a tenth of the way with each version.
class Moving {
 public:
  Moving() : model_(kLayout), goal_(testing::laplace(kLayout->size())) {}
  const Parameters& next() {
    for (std::size_t i = 0; i < goal_.size(); ++i) model_.values()[i] += 0.1F * (goal_[i] - model_.values()[i]);
    return model_;
  }

 private:
  Parameters model_;
  std::vector<float> goal_;
};

Stream stream(Version version) { return {1, Purpose::downlink, version}; }

TEST(ModelHistory, ChangesLeadToWhatTheSenderHolds) {
  auto sender = history(true);
  auto receiver = history(false);
  Moving model;
  std::optional<Version> held;
  std::size_t whole = 0;
  for (Version version = 3; version < 20; ++version) {
    const auto sent = sender.push(version, model.next(), stream(version));
    const auto bundle = sender.bundle(held, version);
    EXPECT_LE(bundle->size(), sender.worst_case_bytes());
    const auto received = receiver.take(bundle);
    ASSERT_EQ(*received.digest, *sent.digest);
    EXPECT_EQ(received.model->digest(), *sent.digest);
    if (!held)
      whole = bundle->size();
    else
      EXPECT_LT(bundle->size(), whole / 4);
    held = version;
    EXPECT_EQ(receiver.newest(), version);
  }
}

// What changes leave out is in the next one: the error stays where without feedback it would grow with the way.
TEST(ModelHistory, FeedsErrorsBack) {
  auto sender = history(true, "[{global_top_k: {fraction: 0.2}}, half]");
  Moving model;
  ModelHistory::Held held;
  const Parameters* last = nullptr;
  for (Version version = 0; version < 80; ++version) {
    last = &model.next();
    held = sender.push(version, *last, stream(version));
  }
  EXPECT_LT(nmse(last->values(), held.model->values()), 1e-5);
}

TEST(ModelHistory, WhoMissedVersionsGetsTheShorterWay) {
  auto sender = history(true);
  Moving model;
  for (Version version = 0; version < 12; ++version) (void)sender.push(version, model.next(), stream(version));
  const auto whole = sender.bundle(std::nullopt, 11);
  std::size_t last = 0;
  EXPECT_FALSE(sender.has(12));
  for (Version held = 11; held-- > 0 && sender.has(held);) {
    const auto bundle = sender.bundle(held, 11);
    if (bundle->size() >= whole->size()) {  // and so for all that are further behind
      EXPECT_EQ(*bundle, *whole);
      break;
    }
    EXPECT_GT(bundle->size(), last);
    last = bundle->size();
    auto receiver = history(false);
    EXPECT_THROW(receiver.take(bundle), FormatError);  // it holds nothing
    (void)receiver.take(sender.bundle(std::nullopt, held));
    EXPECT_EQ(*receiver.take(bundle).digest, *sender.take(whole).digest) << held;
  }
  EXPECT_EQ(sender.bundle(std::nullopt, 11), whole);  // receivers share it
  EXPECT_LT(sender.bundle(11, 11)->size(), 100U);
}

// Over a thousand versions what is remembered and sent stays below twice a lossless model.
TEST(ModelHistory, IsRenewedWhenTheWayGetsLong) {
  auto sender = history(true, "[{quantize: {bits: 8}}]");
  Moving model;
  std::size_t most = 0;
  for (Version version = 0; version < 1000; ++version) {
    const auto sent = sender.push(version, model.next(), stream(version));
    const auto bundle = sender.bundle(std::nullopt, version);
    most = std::max(most, bundle->size());
    if (version % 50 != 49) continue;
    auto receiver = history(false, "[{quantize: {bits: 8}}]");
    EXPECT_EQ(*receiver.take(bundle).digest, *sent.digest);
  }
  EXPECT_LT(most, 2 * 4 * kLayout->size() + 4000);
  ArchiveWriter archive;
  archive(sender);
  EXPECT_LT(archive.size(), 5 * 4 * kLayout->size());
}

// A relay makes its own bundles of what it took, for receivers that are behind it.
TEST(ModelHistory, RelaysSendOn) {
  auto sender = history(true);
  auto relay = history(true);
  Moving model;
  std::optional<Version> held;
  for (Version version = 0; version < 9; ++version) {
    (void)sender.push(version, model.next(), stream(version));
    if (version % 3 != 2) continue;  // the relay is asked for every third version
    const auto taken = relay.take(sender.bundle(held, version));
    held = version;
    auto fresh = history(false);
    EXPECT_EQ(*fresh.take(relay.bundle(std::nullopt, version)).digest, *taken.digest);
    EXPECT_EQ(*fresh.take(relay.bundle(version, version)).digest, *taken.digest);
  }
}

// A sender that was restored from an older copy tells another story from some version on.
TEST(ModelHistory, BelievesASenderThatBeganAnew) {
  auto sender = history(true);
  auto receiver = history(false);
  Moving model;
  for (Version version = 0; version < 3; ++version) (void)sender.push(version, model.next(), stream(version));
  (void)receiver.take(sender.bundle(std::nullopt, 2));
  auto other = history(true);
  for (Version version = 0; version < 5; ++version) (void)other.push(version, model.next(), stream(version));
  EXPECT_THROW(receiver.take(other.bundle(2, 4)), FormatError);  // changes of a version 2 that is not this one
  EXPECT_EQ(receiver.newest(), 2U);
  const auto held = receiver.take(other.bundle(std::nullopt, 4));
  EXPECT_EQ(held.model->digest(), *other.take(other.bundle(std::nullopt, 4)).digest);
  const auto older = receiver.take(other.bundle(std::nullopt, 1));
  EXPECT_EQ(older.model->digest(), *other.take(other.bundle(std::nullopt, 1)).digest);
}

TEST(ModelHistory, IsMadeAgainFromAnArchive) {
  auto sender = history(true);
  Moving model;
  for (Version version = 0; version < 6; ++version) (void)sender.push(version, model.next(), stream(version));
  ArchiveWriter writer;
  writer(sender);
  const auto bytes = writer.take();
  auto again = history(true);
  ArchiveReader reader(bytes);
  reader(again);
  const auto& next = model.next();
  EXPECT_EQ(*sender.push(6, next, stream(6)).digest, *again.push(6, next, stream(6)).digest);
  for (Version held = 0; held < 6; ++held) EXPECT_EQ(*sender.bundle(held, 6), *again.bundle(held, 6));
}

TEST(ModelHistory, RefusesDamage) {
  auto sender = history(true);
  Moving model;
  for (Version version = 0; version < 3; ++version) (void)sender.push(version, model.next(), stream(version));
  const auto bundle = sender.bundle(std::nullopt, 2);
  for (std::size_t i = 0; i < bundle->size(); i += 7) {
    auto damaged = *bundle;
    damaged[i] ^= std::byte{0x21};
    auto receiver = history(false);
    EXPECT_THROW(receiver.take(std::make_shared<const std::vector<std::byte>>(damaged)), FormatError) << i;
    EXPECT_TRUE(receiver.empty());
    const std::vector<std::byte> cut(bundle->begin(), bundle->begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_THROW(receiver.take(std::make_shared<const std::vector<std::byte>>(cut)), FormatError) << i;
  }
  EXPECT_THROW(sender.take(nullptr), FormatError);
}

}  // namespace
}  // namespace brume::compression
