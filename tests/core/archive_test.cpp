#include "core/archive.hpp"

#include <gtest/gtest.h>

#include "brume/random.hpp"

namespace brume {
namespace {

struct Inner {
  std::int32_t number = 0;
  std::string text;
  template <class Archive>
  void describe(Archive& archive) {
    archive(number, text);
  }
  bool operator==(const Inner&) const = default;
};

struct Everything {
  std::uint8_t byte = 0;
  double real = 0;
  bool flag = false;
  std::vector<Inner> list;
  std::map<std::string, std::vector<float>> map;
  std::set<std::uint64_t> set;
  std::optional<Inner> maybe;
  std::optional<int> nothing;
  std::variant<int, std::string> either;
  std::pair<int, std::string> pair;
  std::chrono::nanoseconds time{};
  std::shared_ptr<const Bytes> shared{};
  std::shared_ptr<const Bytes> same{};
  std::shared_ptr<const Bytes> null{};
  State state{};
  template <class Archive>
  void describe(Archive& archive) {
    archive(byte, real, flag, list, map, set, maybe, nothing, either, pair, time, shared, same, null, state);
  }
};

Everything example() {
  Everything all{7, 0.1, true, {{1, "a"}, {2, "b"}}, {{"x", {1, 2}}}, {3, 5}, Inner{9, "z"}, {}, "text", {4, "p"}};
  all.time = std::chrono::seconds(3);
  all.shared = all.same = std::make_shared<const Bytes>(Bytes{std::byte{1}, std::byte{2}});
  all.state.integers["r"] = {-1, 5};
  return all;
}

TEST(Archive, BringsEverythingBack) {
  const auto bytes = archived(example());
  ArchiveReader reader(bytes);
  Everything back;
  reader(back);
  EXPECT_EQ(reader.left(), 0U);
  const auto all = example();
  EXPECT_EQ(back.byte, all.byte);
  EXPECT_EQ(back.real, all.real);
  EXPECT_EQ(back.list, all.list);
  EXPECT_EQ(back.map, all.map);
  EXPECT_EQ(back.set, all.set);
  EXPECT_EQ(back.maybe, all.maybe);
  EXPECT_FALSE(back.nothing);
  EXPECT_EQ(back.either, all.either);
  EXPECT_EQ(back.pair, all.pair);
  EXPECT_EQ(back.time, all.time);
  EXPECT_EQ(*back.shared, *all.shared);
  EXPECT_EQ(back.shared, back.same);  // one object, as it was
  EXPECT_EQ(back.null, nullptr);
  EXPECT_EQ(back.state, all.state);
  EXPECT_EQ(archived(back), bytes);
}

TEST(Archive, SharesModelsAndLayouts) {
  const auto layout = std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"w", {2, 3}, TensorRole::trainable}, {"b", {}, TensorRole::buffer}});
  auto model = std::make_shared<Parameters>(layout);
  model->values()[4] = 1.5F;
  const std::vector<std::shared_ptr<const Parameters>> models{model, model};
  const auto bytes = archived(models);
  ArchiveReader reader(bytes);
  std::vector<std::shared_ptr<const Parameters>> back;
  reader(back);
  EXPECT_EQ(back[0], back[1]);
  EXPECT_EQ(back[0]->digest(), model->digest());
}

// Cut or damaged, it throws; it never reads past the end or takes memory for what is not there.
TEST(Archive, HostileBytesThrow) {
  const auto bytes = archived(example());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ArchiveReader reader(std::span<const std::byte>(bytes).first(length));
    Everything back;
    EXPECT_THROW(reader(back), FormatError);
  }
  Stream stream(1, Purpose::plugin);
  for (int i = 0; i < 3000; ++i) {
    auto damaged = bytes;
    damaged[stream.below(damaged.size())] ^= static_cast<std::byte>(1U << stream.below(8));
    ArchiveReader reader(damaged);
    Everything back;
    try {
      reader(back);
    } catch (const FormatError&) {
    }
  }
}

}  // namespace
}  // namespace brume
