#include "federation/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace brume::federation {

namespace {

constexpr const char* kExactElsewhere =
    "'exact' packs the sums of fog nodes: it stands in fog_uplink; 'none' sends float32";

class Checker {
 public:
  Checker(const configs::Document& document, const Assembly& assembly)
      : document_(document), configuration_(document.configuration), assembly_(assembly) {}

  std::vector<Diagnostic> run() {
    check_data();
    check_task();
    check_stand_in();
    check_tree();
    check_uplink();
    check_downlink();
    check_fog_uplink();
    check_rate();
    check_algorithm();
    check_state();
    check_partial_work();
    check_spill();
    return std::move(problems_);
  }

 private:
  void report(std::string_view path, std::string message) {
    problems_.push_back({document_.place_of(path), std::move(message)});
  }

  void check_data() {
    if (assembly_.data->device_count() != configuration_.device_count())
      report("data", fmt::format("the data serve {} devices, the topology has {}", assembly_.data->device_count(),
                                 configuration_.device_count()));
    if (!assembly_.data->has_examples() && !assembly_.is_stand_in())
      report("data", fmt::format("data set '{}' has no examples to train on; it goes with a stand-in for a model",
                                 configuration_.data.dataset.name));
    if (configuration_.evaluation.devices > 0 && !assembly_.data->has_examples())
      report("evaluation.devices", "these data have no examples for devices to be evaluated on");
    if (assembly_.data->test_count() == 0)
      report("data", "no test examples are left to evaluate on; raise test_fraction");
  }

  // What a stand-in sends is as large as it declares, whatever a codec would make of it.
  void check_stand_in() {
    if (!assembly_.is_stand_in()) return;
    const auto& up = configuration_.uplink;
    const auto& down = configuration_.downlink;
    const bool plain = up.is_chain() && up.chain.empty() && down.is_chain() && down.chain.empty();
    if (plain && configuration_.fog_uplink_is_exact()) return;
    report("model", fmt::format("model '{}' declares the sizes of what is sent: leave uplink, downlink and fog_uplink "
                                "out and say them there",
                                configuration_.model.name));
  }

  // Every fog node has somebody below it.
  void check_tree() {
    auto below = configuration_.device_count();
    for (std::size_t i = configuration_.fog.size(); i-- > 0;) {
      const auto count = static_cast<std::uint64_t>(configuration_.fog[i].count);
      const bool lowest = i + 1 == configuration_.fog.size();
      if (count > below)
        report(fmt::format("topology.fog.{}.count", i),
               fmt::format("{} nodes are too many for the {} {} below them: {} would have none", count, below,
                           lowest ? "devices" : "nodes", count - below));
      below = count;
    }
    if (assembly_.algorithm->fog_rounds() > 1 && !only_delta())
      report("algorithm",
             "fog nodes that run rounds of their own need an algorithm whose devices upload 'delta' alone");
    if (assembly_.algorithm->fog_rounds() > 1 && !assembly_.algorithm->client_state(assembly_.facts.layout).empty())
      report("algorithm",
             "fog nodes cannot run rounds of their own for an algorithm that keeps state on devices: it is "
             "committed with the cloud's rounds only");
    if (assembly_.algorithm->fog_rounds() > 255) report("algorithm", "fog nodes run at most 255 rounds each");
    if (assembly_.algorithm->vectors(assembly_.facts.layout).size() > 255)
      report("algorithm", "an update has at most 255 vectors");
  }

  void check_algorithm() {
    const auto& name = configuration_.algorithm.name;
    const auto& algorithm = *assembly_.algorithm;
    if (algorithm.fog_rounds() > 1 && configuration_.fog.empty())
      report("algorithm", fmt::format("algorithm '{}' runs rounds on fog nodes, and topology.fog has none", name));
    if (algorithm.traits().pools_data && configuration_.selection->cohort() != 1)
      report("algorithm", fmt::format("algorithm '{}' trains on everybody's examples on one device; set "
                                      "selection.{}.cohort to 1",
                                      name, configuration_.selection.name));
  }

  bool only_delta() const {
    const auto vectors = assembly_.algorithm->vectors(assembly_.facts.layout);
    return vectors.size() == 1 && vectors.front().name == kDelta && assembly_.algorithm->scalars().empty();
  }

  // What is asked for must be something that this task has.
  void check_task() {
    const auto task = assembly_.data->shape().task;
    const bool numbers = task == LearningTask::regression;
    if (!numbers && configuration_.training.loss != "squared")
      report("training.loss", fmt::format("a loss of numbers is for a regression; these data are {}",
                                          task == LearningTask::classification ? "of classes" : "to be rebuilt"));
    const auto& federation = configuration_.federation;
    const auto check_target = [&](const std::optional<double>& value, const char* metric, bool known) {
      if (value && !known)
        report(fmt::format("federation.target.{}", metric),
               fmt::format("this task has no {}; it has {}", metric,
                           numbers                                ? "rmse and loss"
                           : task == LearningTask::classification ? "accuracy and loss"
                                                                  : "auc and loss"));
    };
    check_target(federation.target_accuracy, "accuracy", task == LearningTask::classification);
    check_target(federation.target_rmse, "rmse", numbers);
    check_target(federation.target_auc, "auc", task == LearningTask::reconstruction);
    if (federation.target_count() > 1) report("federation.target", "a run has one target; leave out the others");
  }

  void check_uplink() {
    if (assembly_.uplink->traits().contraction)
      report("uplink.error_feedback",
             "a contractive chain loses what it leaves out; it needs error feedback (leave error_feedback: true)");
    if (assembly_.uplink->traits().votes && !assembly_.algorithm->traits().votes)
      report("uplink", fmt::format("signs of scale one are votes, of which algorithm '{}' takes none; use signsgd, or "
                                   "signs with their mean",
                                   configuration_.algorithm.name));
    if (configuration_.uplink.names("exact")) report("uplink", kExactElsewhere);
  }

  void check_downlink() {
    const auto& downlink = *assembly_.downlink;
    const bool first_model_only = assembly_.changes && assembly_.algorithm->broadcast(assembly_.facts.layout).empty();
    if (downlink.traits().contraction && !first_model_only)
      report(
          "downlink",
          "a contractive chain needs error feedback, which whole models do not have; use quantize, or send 'changes'");
    if (downlink.traits().votes) report("downlink", "signs of scale one are votes, and no model");
    if (configuration_.downlink.names("exact")) report("downlink", kExactElsewhere);
    check_stateless("downlink", downlink);
    check_changes();
  }

  // Nodes have no store for what a codec would keep there.
  void check_stateless(std::string_view path, const Codec& codec) {
    if (codec.traits().stateful) report(path, "a codec that keeps state works in 'uplink' only");
  }

  // A fog node's own rounds send models that no other node has a version of.
  void check_changes() {
    if (!assembly_.changes) return;
    check_stateless("downlink.changes", *assembly_.changes);
    if (assembly_.changes->traits().coarse)
      report(
          "downlink.changes",
          "what a change leaves out comes with the next one, so that errors as large as the change would grow: give a "
          "stage more bits, a smaller step or a larger share");
    if (assembly_.algorithm->fog_rounds() > 1)
      report("downlink.changes",
             fmt::format("algorithm '{}' has fog nodes send models of their own, which change no version; leave "
                         "downlink.changes out",
                         configuration_.algorithm.name));
  }

  bool sums() const {
    const auto small = std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {8}, TensorRole::trainable}});
    const auto aggregate = assembly_.algorithm->aggregate(small, ExactFormat::for_contributions(1));
    return dynamic_cast<const WeightedSums*>(aggregate.get()) != nullptr;
  }

  void check_rate() {
    if (assembly_.meets_deadline && !configuration_.deadline)
      report("uplink.rate.deadline", "'auto' follows from the round's deadline: name one, as in deadline: 10 min");
  }

  void check_fog_uplink() {
    if (assembly_.fog_uplink) check_stateless("fog_uplink", *assembly_.fog_uplink);
    if (configuration_.fog_uplink_is_exact()) return;
    const auto& name = configuration_.algorithm.name;
    const auto traits = assembly_.algorithm->traits();
    if (configuration_.fog_uplink.names("exact"))
      report("fog_uplink",
             "'exact' stands alone: sums that are packed losslessly take no other stage and no rule; name a chain for "
             "them");
    if (assembly_.fog_uplink->traits().contraction && !sums())
      report("fog_uplink",
             fmt::format("a contractive chain needs error feedback, which sums alone have: algorithm '{}' "
                         "has an aggregate of its own; use quantize or exact",
                         name));
    if (traits.needs_exact_sums || traits.keeps_updates)
      report("fog_uplink", fmt::format("algorithm '{}' needs {}; use 'exact'", name,
                                       traits.keeps_updates ? "every update as it is" : "exact sums"));
  }

  // Whoever forgets its state cannot keep what error feedback or the algorithm leaves there.
  void check_state() {
    const bool codec = assembly_.uplink->traits().stateful;
    const bool algorithm = !assembly_.algorithm->client_state(assembly_.facts.layout).empty();
    for (std::size_t i = 0; i < configuration_.devices.size(); ++i) {
      if (configuration_.devices[i].persistent || (!codec && !algorithm)) continue;
      report(fmt::format("topology.devices.{}.persistent", i),
             codec ? "these devices keep no state, which the uplink's error feedback needs; use an unbiased chain"
                   : fmt::format("these devices keep no state, which algorithm '{}' needs",
                                 configuration_.algorithm.name));
    }
  }

  // Of one epoch or step there is no part.
  void check_partial_work() {
    const auto& plan = assembly_.plan;
    if (plan.partial_work > 0 && (plan.steps > 0 ? plan.steps : plan.epochs) < 2)
      report("training.partial_work", "tasks that end early need more than one epoch, or more than one step");
  }

  // Not hours later, when the first state is to go there.
  void check_spill() {
    const auto& folder = assembly_.spill_folder;
    if (!folder.empty() && !std::filesystem::is_directory(folder))
      report("client_store.spill", fmt::format("{} is no folder", folder.string()));
  }

  const configs::Document& document_;
  const configs::Configuration& configuration_;
  const Assembly& assembly_;
  std::vector<Diagnostic> problems_;
};

}  // namespace

std::vector<Diagnostic> check_across_rooms(const configs::Document& document, const Assembly& assembly) {
  auto problems = Checker(document, assembly).run();
  const auto more = check_physics(document, assembly);
  problems.insert(problems.end(), more.begin(), more.end());
  return problems;
}

}  // namespace brume::federation
