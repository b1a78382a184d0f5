#include "records/run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "core/model_file.hpp"

namespace brume::records {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Folder : public ::testing::Test {
 protected:
  fs::path path = fs::path(::testing::TempDir()) / ("brume_run_" + std::to_string(::getpid())) / "deep";
  void TearDown() override { fs::remove_all(path.parent_path()); }
  Parameters model{std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {2}, TensorRole::trainable}})};
};

RoundRow row(std::uint64_t round, std::optional<Metrics> metrics) {
  RoundRow result;
  result.round = round;
  result.included = 3;
  result.metrics = std::move(metrics);
  result.scalars = {{"update_norm", 0.5}};
  return result;
}

TEST_F(Folder, IsCompleteWhenFinished) {
  RunFolder folder(path, 1000);
  folder.write_inputs("as: given\n", "resolved: yes\n");
  folder.add_round(row(1, {}));
  EXPECT_TRUE(fs::exists(path / "rounds.csv.partial"));
  folder.add_round(row(2, Metrics{0.25, 0.75, {}, 4}));
  Summary summary;
  summary.name = "test";
  folder.finish(summary, model);
  EXPECT_THAT(read_text_file(path / "rounds.csv", 10'000),
              HasSubstr("round,virtual_seconds,cohort,included,late,refused,failed,training_loss,loss,accuracy,"
                        "devices_accuracy,devices_worst_decile,device_up_bytes,device_down_bytes,fog_up_bytes,fog_down_"
                        "bytes,compute_joules,radio_joules,"
                        "idle_joules,sleep_joules,update_norm\n"
                        "1,0,0,3,0,0,0,0,,,,,0,0,0,0,0,0,0,0,0.5\n"
                        "2,0,0,3,0,0,0,0,0.25,0.75,,,0,0,0,0,0,0,0,0,0.5\n"));
  EXPECT_EQ(read_model_file(path / "model.brume").digest(), model.digest());
  EXPECT_EQ(nlohmann::json::parse(read_text_file(path / "summary.json", 100'000))["name"], "test");
  for (const auto& entry : fs::directory_iterator(path)) EXPECT_NE(entry.path().extension(), ".partial");
}

TEST_F(Folder, IsNeverWrittenOver) {
  { RunFolder folder(path, 1000); }
  EXPECT_THROW(RunFolder(path, 1000), RequestError);
}

TEST_F(Folder, AnUnwritablePlaceIsFoundFirst) {
  EXPECT_THROW(RunFolder("/proc/brume", 1000), RequestError);
  fs::create_directories(path.parent_path());
  write_file_atomically(path, std::string_view("a file"));
  EXPECT_THROW(RunFolder(path, 1000), RequestError);
}

TEST_F(Folder, ADiskThatIsTooSmallIsFoundFirst) {
  EXPECT_THROW(RunFolder(path, std::uint64_t{1} << 50), RequestError);
  EXPECT_FALSE(fs::exists(path / "probe.partial"));
}

TEST(Summary, HasTheFieldsThatOthersReadItBy) {
  const auto json = to_json(Summary{});
  for (const auto* key :
       {"name", "seed", "rounds", "workers", "wall_seconds", "virtual_seconds", "peak_rss_bytes", "metrics", "target",
        "bytes", "energy_joules", "devices", "updates", "parameters_sha256", "events_sha256", "build", "interrupted"})
    EXPECT_TRUE(json.contains(key)) << key;
  for (const auto* key : {"version", "compiler", "libtorch", "blas", "cpu"}) EXPECT_TRUE(json["build"].contains(key));
  EXPECT_TRUE(json["metrics"]["accuracy"].is_null());
}

}  // namespace
}  // namespace brume::records
