// Plug-ins: the five ways in which one cannot be loaded, and what one that fails in a round takes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "brume/plugin.hpp"
#include "brume/plugin_loader.hpp"
#include "configs/document.hpp"
#include "configs/plugins.hpp"
#include "core/files.hpp"
#include "federation/contract.hpp"
#include "sim/federation.hpp"
#include "tests/support/fake_learning.hpp"
#include "tests/support/scratch.hpp"

namespace brume {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string file(const std::string& name) { return std::string(BRUME_PLUGINS) + "/" + name + ".so"; }

std::string problem_of(const std::string& name) {
  auto registry = testing::fake_registry();
  const auto before = registry.names("algorithm");
  std::string problem;
  try {
    load_plugin(file(name), registry);
  } catch (const RequestError& error) {
    problem = error.what();
  }
  EXPECT_EQ(registry.names("algorithm"), before) << "all of a plug-in or nothing";
  EXPECT_TRUE(registry.plugins().empty());
  return problem;
}

TEST(PluginLoader, SaysWhatIsWrongAndChangesNothing) {
  EXPECT_THAT(problem_of("missing"), AllOf(HasSubstr("missing.so"), HasSubstr("No such file")));
  EXPECT_THAT(problem_of("no_entry"), AllOf(HasSubstr("no_entry.so"), HasSubstr("BRUME_PLUGIN")));
  EXPECT_THAT(problem_of("wrong_api"), AllOf(HasSubstr("API version '" + std::to_string(kPluginApi + 41) + "'"),
                                             HasSubstr("'" + std::to_string(kPluginApi) + "'")));
  EXPECT_THAT(problem_of("wrong_abi"), AllOf(HasSubstr("'g++ 1 cxx11 0'"), HasSubstr(kPluginAbi)));
  EXPECT_THAT(problem_of("duplicate"), AllOf(HasSubstr("plug-in 'duplicate'"), HasSubstr("algorithm 'fedavg'"),
                                             HasSubstr("so does this program")));
  EXPECT_THAT(problem_of("throwing"),
              AllOf(HasSubstr("plug-in 'throwing'"), HasSubstr("the licence server does not answer")));
}

TEST(PluginLoader, ASecondTimeChangesNothing) {
  auto registry = testing::fake_registry();
  load_plugin(file("misbehaving"), registry);
  load_plugin(file("misbehaving"), registry);
  ASSERT_EQ(registry.plugins().size(), 1U);
  EXPECT_EQ(registry.plugins()[0].version, "2.1");
  EXPECT_EQ(registry.find("algorithm", "plugin_mean")->plugin, "misbehaving");
  EXPECT_EQ(registry.make("algorithm", "throws")->origin(), "algorithm 'throws' of plug-in 'misbehaving'");
}

class Files : public ::testing::Test {
 protected:
  // A file that names the plug-in, relative to itself.
  std::filesystem::path write(const std::string& plugins, const std::string& more) {
    const auto path = scratch_.path / "fleet.yaml";
    write_file_atomically(path, "plugins: " + plugins + "\n" + testing::fake_federation(more));
    return path;
  }
  configs::Document read(const std::filesystem::path& path) {
    configs::load_plugins(path, {}, registry_, presets_);
    return configs::read_document(path, {}, registry_, presets_);
  }
  std::string problem(const std::string& plugins) {
    try {
      read(write(plugins, "selection: {uniform: {cohort: 10}}\n"));
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "";
  }
  std::string relative() { return std::filesystem::relative(file("misbehaving"), scratch_.path).string(); }

  testing::Scratch scratch_;
  Registry registry_ = testing::fake_registry();
  configs::Presets presets_;
};

TEST_F(Files, NameAPluginWhoseOptionsAndPresetsTheyUse) {
  const auto path =
      write("[{path: " + relative() + "}]", "algorithm: plugin_mean\nselection: {uniform: {cohort: 10}}\n");
  auto document = read(path);
  EXPECT_EQ(document.configuration.algorithm.name, "plugin_mean");
  EXPECT_EQ(document.configuration.plugins.at(0).version, "2.1");
  const auto yaml = configs::to_yaml(configs::resolve(document, registry_, presets_));
  EXPECT_THAT(yaml, AllOf(HasSubstr("name: misbehaving"), HasSubstr("version: '2.1'"), HasSubstr(BRUME_PLUGINS)));
  EXPECT_NE(presets_.find("link", "two_cans"), nullptr);
}

TEST_F(Files, SayWhereAPluginIsWrong) {
  EXPECT_THAT(problem("[{path: /nowhere.so}]"), AllOf(HasSubstr("fleet.yaml:1:"), HasSubstr("/nowhere.so")));
  EXPECT_THAT(problem("[{path: " + relative() + ", version: 3}]"),
              AllOf(HasSubstr("'misbehaving' 2.1"), HasSubstr("'misbehaving' 3")));
  EXPECT_THAT(problem("[{path: " + relative() + ", in: [cloud]}]"), HasSubstr("'cloud' is no role"));
  EXPECT_THAT(problem("[{pth: " + relative() + "}]"), HasSubstr("unknown key 'pth'"));
}

// A contract names plug-ins without their paths, and a node that lacks one says so before anything else.
TEST_F(Files, AContractAsksForPluginsAndLoadsNone) {
  auto document = read(write("[{path: " + relative() + ", in: [aggregator, client]}]",
                             "algorithm: plugin_mean\nselection: {uniform: {cohort: 10}}\n"));
  const auto layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {1}, TensorRole::trainable}});
  const auto contract = federation::make_contract(document, registry_, presets_, layout);
  EXPECT_THAT(contract.yaml, Not(HasSubstr(BRUME_PLUGINS)));
  EXPECT_FALSE(document.configuration.plugins[0].path.empty());
  configs::require_plugins(contract.yaml, "client", registry_);
  configs::require_plugins(contract.yaml, "fog", testing::fake_registry());
  EXPECT_THROW(configs::require_plugins(contract.yaml, "client", testing::fake_registry()), RequestError);
  EXPECT_NO_THROW(federation::CombiningPart(contract, registry_));
}

class Rounds final : public sim::Observer {
 public:
  void on_round(const RoundReport& report, const sim::Totals& /*totals*/) override { rounds.push_back(report); }
  std::vector<RoundReport> rounds;
};

struct Run {
  std::vector<RoundReport> rounds;
  Digest parameters{};
};

Run run(const std::string& algorithm, const std::string& fog = "[]") {
  auto registry = testing::fake_registry();
  load_plugin(file("misbehaving"), registry);
  const configs::Presets presets;
  const auto document = configs::read_document_text(
      testing::fake_federation("algorithm: " + algorithm + "\nselection: {uniform: {cohort: 50}}\n"), "f.yaml",
      {{"topology.fog=" + fog}, {}, {}}, registry, presets);
  const auto assembly = federation::assemble(document);
  Rounds observer;
  sim::Federation federation(document.configuration, assembly, testing::FakeBackend().start(assembly.training_setup(2)),
                             observer);
  federation.run();
  return {observer.rounds, federation.model().digest()};
}

TEST(Plugins, RunAsBuiltInOnesDo) {
  const auto plugin = run("plugin_mean");
  EXPECT_EQ(plugin.parameters, run("fedavg").parameters);
  EXPECT_EQ(plugin.rounds.at(0).scalars.at(0).name, "devices");
}

// The third of six rounds fails, with its name; the others are as if it had not been.
TEST(Plugins, AStepThatFailsTakesItsRoundWithIt) {
  for (const auto& fog : {"[]", "[{count: 3, link: wifi}]"})
    for (const auto& [algorithm, why] : {std::pair{"throws", "out of ideas"}, std::pair{"not_finite", "not finite"}}) {
      const auto failing = run(algorithm, fog);
      ASSERT_EQ(failing.rounds.size(), 6U);
      for (std::size_t i = 0; i < 6; ++i) {
        const auto& round = failing.rounds[i];
        EXPECT_EQ(round.included, i == 2 ? 0U : 50U) << algorithm << i;
        EXPECT_EQ(round.refused, i == 2 ? 50U : 0U) << algorithm << i;
      }
      EXPECT_THAT(failing.rounds[2].first_problem,
                  AllOf(HasSubstr("plug-in 'misbehaving'"), HasSubstr(algorithm), HasSubstr(why)));
      EXPECT_EQ(failing.rounds[1].metrics->loss, failing.rounds[2].metrics->loss);
      EXPECT_LT(failing.rounds[5].metrics->loss, failing.rounds[1].metrics->loss);
    }
}

// One of three fog nodes cannot step its own model; the devices below it are refused, the others go on.
TEST(Plugins, AFogNodesStepThatFailsTakesItsShareWithIt) {
  const auto outcome = run("throws_in_the_fog", "[{count: 3, link: wifi}]");
  ASSERT_EQ(outcome.rounds.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(outcome.rounds[i].refused > 0, i == 2) << i;
  EXPECT_GT(outcome.rounds[2].included, 0U);
  EXPECT_THAT(outcome.rounds[2].first_problem, AllOf(HasSubstr("throws_in_the_fog"), HasSubstr("lost in the fog")));
}

TEST(Plugins, ADeviceThatFailsIsOneFailedUpdate) {
  const auto outcome = run("throws_on_a_device");
  for (const auto& round : outcome.rounds) {
    EXPECT_EQ(round.included, 49U);
    EXPECT_EQ(round.failed, 1U);
    EXPECT_THAT(round.first_problem, HasSubstr("of plug-in 'misbehaving'"));
  }
}

}  // namespace
}  // namespace brume
