#include <gtest/gtest.h>

#include <span>

#include "core/archive.hpp"
#include "core/sha256.hpp"
#include "sim/federation.hpp"
#include "tests/support/fake_learning.hpp"

namespace brume::sim {
namespace {

class Silent final : public Observer {
 public:
  void on_round(const RoundReport& /*report*/, const Totals& /*totals*/) override {}
};

// A federation of fake devices under a file, and what it runs on.
class World {
 public:
  explicit World(const std::string& more, const std::vector<std::string>& set = {})
      : document_(configs::read_document_text(testing::fake_federation(more), "f.yaml", {set, {}, {}}, registry(),
                                              presets())),
        assembly_(federation::assemble(document_)),
        federation_(document_.configuration, assembly_, testing::FakeBackend(9).start(assembly_.training_setup(2)),
                    silent_) {}
  Federation& operator*() { return federation_; }
  Federation* operator->() { return &federation_; }

 private:
  static const Registry& registry() {
    static const Registry kRegistry = testing::fake_registry();
    return kRegistry;
  }
  static const configs::Presets& presets() {
    static const configs::Presets kPresets;
    return kPresets;
  }
  Silent silent_;
  configs::Document document_;
  federation::Assembly assembly_;
  Federation federation_;
};

std::uint64_t run_to_its_end(World& world) {
  std::uint64_t steps = 0;
  for (; !world->finished(); ++steps) world->advance();
  return steps;
}

// Put down after so many events, and taken up by `second`, another process so to speak, which runs to the end.
void resume(World& first, std::uint64_t events, World& second) {
  for (; events > 0; --events) first->advance();
  ArchiveWriter writer;
  first->save(writer);
  const auto bytes = writer.take();
  ArchiveReader reader(bytes);
  second->load(reader);
  ASSERT_EQ(reader.left(), 0U);
  run_to_its_end(second);
}

const char* const kFiles[] = {
    "selection: {uniform: {cohort: 10}}\nuplink: [{quantize: {bits: 3}}]\n",
    "selection: {uniform: {cohort: 10, over_selection: 1.6}}\ndeadline: 5 s\nalgorithm: fedadam\n"
    "uplink: [{top_k: {fraction: 0.1}}]\nclient_store: {memory: 2 kB}\n",
    "selection: {uniform: {cohort: 10, over_selection: 1.6}}\ndeadline: 5 s\n"
    "uplink: {chain: [{global_top_k: {fraction: 0.1}}], momentum_correction: 0.5}\n"
    "downlink: {chain: [{quantize: {bits: 8}}, entropy], changes: [{global_top_k: {fraction: 0.1}}, half]}\n",
};

// Put down at random instants and taken up by another process, so to speak, it ends as if nothing had happened.
TEST(Checkpoint, ResumesToTheSameBits) {
  Stream stream(3, Purpose::plugin);
  for (const auto* file : kFiles)
    for (const std::string fog :
         {"[]", "[{count: 4, link: wifi}]", "[{count: 2, link: wifi}, {count: 5, link: lte}]",
          "[{count: 3, cell: wifi-cell, link: lte}]", "[{count: 3, aggregates: false, cell: wifi-cell, link: lte-m}]",
          "[{count: 2, link: lte}, {count: 6, aggregates: false, cell: lte-cell, link: ethernet}]"}) {
      const std::vector<std::string> set{
          "topology.fog=" + fog,
          "topology.devices.1.profile={raspberry-pi-4: {noise: 0.5, straggling: 0.2, slowdown: 300}}",
          "topology.devices.0.link={wifi: {duty_cycle: 0.2, setup: 30 ms}}"};
      World whole(file, set);
      const auto steps = run_to_its_end(whole);
      for (int i = 0; i < 20; ++i) {
        World first(file, set);
        World second(file, set);
        resume(first, stream.below(steps), second);
        ASSERT_EQ(second->model().digest(), whole->model().digest()) << fog;
        ASSERT_EQ(second->events_digest(), whole->events_digest()) << fog;
        ASSERT_EQ(second->totals().included, whole->totals().included);
        for (std::size_t group = 0; group < whole->energy().size(); ++group)
          ASSERT_EQ(second->energy()[group].joules, whole->energy()[group].joules) << fog;
      }
    }
}

// Each algorithm's state, on the server and on devices, is in the checkpoint.
TEST(Checkpoint, ResumesEveryAlgorithm) {
  Stream stream(4, Purpose::plugin);
  for (const auto& algorithm : testing::fake_registry().names("algorithm")) {
    const bool alone = algorithm == "centralised";
    const std::string file = std::string("selection: {uniform: {cohort: ") + (alone ? "1" : "10") +
                             "}}\nuplink: [{top_k: {fraction: 0.1}}]\nalgorithm: " + algorithm + "\n";
    const std::vector<std::string> set{"topology.fog=[{count: 4, link: wifi}]"};
    World whole(file, set);
    const auto steps = run_to_its_end(whole);
    for (int i = 0; i < 3; ++i) {
      World first(file, set);
      World second(file, set);
      resume(first, steps / 4 + stream.below(steps / 2), second);
      EXPECT_EQ(second->model().digest(), whole->model().digest()) << algorithm;
      EXPECT_EQ(second->events_digest(), whole->events_digest()) << algorithm;
    }
  }
}

// Whatever is cut off, the rest is refused and nothing is read past its end.
TEST(Checkpoint, ACutOneIsRefused) {
  World first(kFiles[1], {"topology.fog=[{count: 4, link: wifi}]"});
  for (int i = 0; i < 100; ++i) first->advance();
  ArchiveWriter writer;
  first->save(writer);
  const auto bytes = writer.take();
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 50) {
    World second(kFiles[1], {"topology.fog=[{count: 4, link: wifi}]"});
    ArchiveReader reader(std::span<const std::byte>(bytes).first(length));
    EXPECT_THROW(second->load(reader), FormatError) << length;
  }
}

}  // namespace
}  // namespace brume::sim
