#include "tests/chaos/ledger.hpp"

#include <cmath>
#include <string>

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/error_feedback.hpp"
#include "compression/top_k.hpp"
#include "core/bytes.hpp"

namespace brume::chaos {

std::vector<NamedScalar> Ledger::step(const StepInput& input, Parameters& model, State& state) const {
  for (const auto& taken : input.taken) {
    const auto& sums = dynamic_cast<const WeightedSums&>(*taken.aggregate);
    for (std::size_t i = 0; i < model.values().size(); ++i)
      model.values()[i] += static_cast<float>(sums.sum(kDelta).value(i));
    state.scalars["weight"] += sums.weight();
    if (sums.weight() != static_cast<double>(sums.contributions()) && fog_rounds_ == 1)
      throw Error("the weights do not add up");
  }
  return {};
}

std::uint64_t Ledger::devices_asked(const Standing& standing) const {
  const std::uint64_t most = 2 * buffer_;
  return standing.outstanding >= most ? 0 : most - standing.outstanding;
}

Update Ledger::run(LocalContext& context) const {
  const auto device = context.task().device;
  context.state().scalars["rounds"] += 1;
  Update update;
  update.samples = 1;
  FloatVector values(2 * devices_);
  values[device] = 1;
  values[devices_ + device] = static_cast<float>(context.task().version + 1);
  update.vectors.push_back({std::string(kDelta), context.layout(), std::move(values)});
  return update;
}

namespace {

struct Plan {
  testing::TreeOptions tree;
  std::uint64_t fog_rounds = 1;
  std::uint64_t buffer = 0;
  bool feedback = false;
  bool lossy_parts = false;  // fog nodes feed errors back, too
};

Plan draw(std::uint64_t seed) {
  Stream stream(seed, Purpose::plugin, 3);
  Plan plan;
  auto& tree = plan.tree;
  tree.devices = 4 + stream.below(5);
  const std::vector<std::vector<std::uint64_t>> shapes{{}, {1}, {2}, {3}, {2, 3}, {1, 2, 3}};
  tree.tiers = shapes[stream.below(shapes.size())];
  tree.rounds = 3 + stream.below(5);
  tree.cohort = 1 + stream.below(tree.devices);
  tree.over_selection = stream.below(2) == 0 ? 1 : 1.5;
  const Duration deadlines[] = {std::chrono::seconds(1), std::chrono::seconds(5), std::chrono::seconds(60)};
  if (stream.below(4) > 0) tree.deadline = deadlines[stream.below(3)];
  tree.parameters = static_cast<std::int64_t>(2 * tree.devices);
  tree.seed = seed;
  tree.faults = testing::Faults::random(seed);
  switch (stream.below(6)) {
    case 0:
      plan.buffer = 1 + stream.below(3);
      break;
    case 1:
      plan.fog_rounds = 2;
      break;
    case 2:
    case 3:
      plan.feedback = true;
      break;
    default:
      break;
  }
  if (stream.below(2) == 0) tree.most_unsettled = 1;
  if (plan.fog_rounds == 1 && stream.below(3) == 0)  // of whole numbers, so that the books stay exact
    tree.changes = std::make_shared<const compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});
  plan.lossy_parts = !tree.tiers.empty() && stream.below(3) == 0;
  return plan;
}

std::shared_ptr<const Codec> top_k(double fraction) {
  ByteWriter writer;
  writer.f64(fraction);
  auto stage = std::make_shared<compression::TopK>();
  stage->set_parameters(writer.bytes());
  return std::make_shared<const compression::Chain>(std::vector<std::shared_ptr<const Stage>>{stage});
}

[[noreturn]] void broken(const std::string& what, DeviceIndex device) {
  throw Error(what + " (device " + std::to_string(device) + ")");
}

// Compares what the cloud has with what devices were told, after each event that becomes durable.
class Books final : public testing::TreeObserver {
 public:
  explicit Books(const Plan& plan) : plan_(plan), last_(2 * plan.tree.devices) {}

  void on_commit(Version version, const Parameters& model) override {
    const auto devices = plan_.tree.devices;
    for (DeviceIndex d = 0; d < devices && plain_rounds(); ++d) {
      const float taken = model.values()[d] - last_[d];
      const float versions = model.values()[devices + d] - last_[devices + d];
      if (taken != 0 && taken != 1) broken("an update was counted twice", d);
      if (versions != taken * static_cast<float>(version)) broken("an update of another base version was counted", d);
      if (told_.count({version - 1, d, 0}) > 0) broken("a verdict came before the commit", d);
      if (taken == 1) counted_.insert({version - 1, d, 0});
    }
    last_.assign(model.values().begin(), model.values().end());
  }

  void on_settled(const TaskId& task, Outcome outcome, bool trained) override {
    if (!told_.insert(task).second) broken("a task was settled twice", task.device);
    if (plain_rounds() && (outcome == Outcome::included) != (counted_.count(task) > 0))
      broken(outcome == Outcome::included ? "a task was called included and was not counted"
                                          : "a task was counted and called otherwise",
             task.device);
    if (outcome == Outcome::included) {
      ++included_[task.device];
      versions_[task.device] += static_cast<double>(task.version + 1);
    }
    if (!trained && outcome == Outcome::included) broken("a task was included that was never trained", task.device);
    if (trained) {
      ++trained_[task.device];
      trained_versions_[task.device] += static_cast<double>(task.version + 1);
    }
  }

  void close(const testing::Tree& tree) {
    const auto devices = plan_.tree.devices;
    if (tree.rounds().size() != plan_.tree.rounds) throw Error("a round did not end");
    if (tree.unsettled() > 0) throw Error("a task was never settled");
    for (DeviceIndex d = 0; d < devices; ++d) {
      const auto rounds = tree.client_state(d).scalars;
      const double committed = rounds.count("rounds") > 0 ? rounds.at("rounds") : 0;
      // Tasks that overlap, as asynchronous ones and a fog node's own rounds do, start from one state.
      if (plan_.fog_rounds == 1 && plan_.buffer == 0 && committed != included_[d])
        broken("a device's state was not committed iff included", d);
      if (plan_.feedback && !plan_.lossy_parts) check_stock(tree, d);
      const bool exact = plan_.fog_rounds == 1 && !plan_.feedback && !plan_.lossy_parts;
      if (exact && (tree.model().values()[d] != static_cast<float>(included_[d]) ||
                    tree.model().values()[devices + d] != static_cast<float>(versions_[d])))
        broken("the model has other updates than devices were told of", d);
    }
  }

 private:
  // Whether a model tells at once which updates it has.
  bool plain_rounds() const {
    return plan_.buffer == 0 && plan_.fog_rounds == 1 && !plan_.feedback && !plan_.lossy_parts;
  }

  // All that a device ever learnt is in the model or in its stock.
  void check_stock(const testing::Tree& tree, DeviceIndex d) {
    const auto devices = plan_.tree.devices;
    const auto stock = tree.codec_state(d).integers;
    const auto element = [&](std::size_t i) {
      const double kept = stock.empty() ? 0 : std::ldexp(static_cast<double>(stock.at("residual/delta")[i]), -36);
      return static_cast<double>(tree.model().values()[i]) + kept;
    };
    if (element(d) != trained_[d] || element(devices + d) != trained_versions_[d])
      broken("what was learnt is neither in the model nor in the residual", d);
  }

  const Plan& plan_;
  std::vector<float> last_;
  std::set<TaskId> told_;
  std::set<TaskId> counted_;
  std::map<DeviceIndex, double> included_, versions_, trained_, trained_versions_;
};

}  // namespace

void run_schedule(std::uint64_t seed) {
  Plan plan = draw(seed);
  if (plan.feedback) plan.tree.uplink = std::make_shared<const compression::ErrorFeedback>(top_k(0.5));
  if (plan.lossy_parts) plan.tree.fog_uplink = top_k(0.1);
  Books books(plan);
  testing::Tree tree(std::make_shared<const Ledger>(plan.tree.devices, plan.fog_rounds, plan.buffer), plan.tree,
                     &books);
  tree.run();
  books.close(tree);
}

}  // namespace brume::chaos
