// Recomputes the models of a deployed aggregator from its receipts: trains each included task again, from the
// federation file alone, with what its device's tasks before it left behind; sums and steps; then compares with the
// models in the state folder, bit for bit. Flat sums of plain rounds: what nodes, networks and crashes did in between
// must not show.
//
//   chaos_recompute FEDERATION.yaml STATE   prints {"rounds":…, "compared":…, "receipts":[[round, version, device,
//   status], …]}
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "brume/error.hpp"
#include "core/sha256.hpp"
#include "federation/assembly.hpp"
#include "federation/builtin.hpp"
#include "storage/history.hpp"
#include "storage/store.hpp"

namespace {

using namespace brume;

class Recomputation {
 public:
  Recomputation(const federation::Assembly& assembly, std::uint64_t server_seed, const LearningBackend& backend)
      : assembly_(assembly),
        server_seed_(server_seed),
        workers_(backend.start(assembly.training_setup(1))),
        model_(assembly.initial_model()) {}

  void step(Version version, const std::vector<Receipt>& receipts) {
    const auto& layout = assembly_.facts.layout;
    const auto received = as_devices_see_it(version);
    const auto sums = assembly_.algorithm->aggregate(layout, ExactFormat::for_contributions(receipts.size()));
    for (const auto& receipt : receipts) {
      if (receipt.status == Status::folded) {
        add(receipt.task(version), received, *sums);
      } else {
        unknown_.insert(receipt.device);
      }
    }
    if (sums->contributions() == 0) return;
    const TakenAggregate taken{version, sums.get()};
    const StepInput input{version, assembly_.data->device_count(), {&taken, 1}, server_seed_, 0};
    (void)assembly_.algorithm->step(input, model_, state_);
  }
  const Parameters& model() const { return model_; }

 private:
  std::shared_ptr<const Parameters> as_devices_see_it(Version version) const {
    State none;
    const auto& downlink = *assembly_.downlink;
    const auto frame =
        downlink.encode(model_.values(), model_.layout(), {}, Stream(server_seed_, Purpose::downlink, version), none);
    auto received = std::make_shared<Parameters>(model_.layout_pointer());
    downlink.decode(*frame, received->layout(), received->values());
    return received;
  }

  void add(const TaskId& task, const std::shared_ptr<const Parameters>& model, Aggregate& sums) {
    auto& [algorithm, codec] = left_behind_[task.device];
    TrainingJob job{task,
                    kNever,
                    model,
                    std::make_shared<const Digest>(model->digest()),
                    std::make_shared<const std::vector<NamedVector>>(),
                    algorithm,
                    codec};
    workers_.trainer->submit(std::move(job));
    const auto result = workers_.trainer->take(task);
    if (!result.error.empty()) throw Error("a task that was included cannot be trained again: " + result.error);
    Contribution contribution{task, result.weight, {}, result.scalars};
    const auto specs = assembly_.algorithm->vectors(assembly_.facts.layout);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      NamedVector decoded{specs[i].name, specs[i].layout, FloatVector(specs[i].layout->size())};
      (void)assembly_.uplink->decode(*result.vectors[i].frame, *specs[i].layout, decoded.values);
      contribution.vectors.push_back(std::move(decoded));
    }
    if (sums.add(contribution) != AddOutcome::added) throw Error("a task that was included cannot be added again");
    algorithm = result.algorithm_state;
    codec = result.codec_state;
    if (unknown_.count(task.device) > 0 && !(codec.empty() && algorithm.empty()))
      throw Error("a device has a task that was not included: what it left behind is not known");
  }

  const federation::Assembly& assembly_;
  std::uint64_t server_seed_;
  LearningBackend::Workers workers_;
  Parameters model_;
  State state_;
  std::map<DeviceIndex, StagedState> left_behind_;
  std::set<DeviceIndex> unknown_;  // have tasks that were not included: trained or not
};

int run(const std::string& file, const std::string& folder) {
  const auto registry = federation::builtin_registry();
  const auto backend = federation::builtin_backend();
  const auto document = configs::read_document(file, {}, registry, {});
  const auto assembly = federation::assemble(document);
  storage::Store store(folder);
  const auto seed = store.get("server_seed");
  storage::History history(folder);
  if (!seed) throw Error("the state folder has no seed");
  std::map<Version, bool> kept;
  for (const auto& model : history.models()) kept[model.version] = true;
  Recomputation recomputation(assembly, ByteReader(*seed).u64(), *backend);
  nlohmann::json result{{"rounds", 0}, {"compared", 0}, {"receipts", nlohmann::json::array()}};
  std::uint64_t expected = 1;
  for (const auto& [round, versions] : history.receipts()) {
    if (round != expected++) throw Error(fmt::format("round {} has no receipts", expected - 1));
    for (const auto& [version, receipts] : versions) {
      recomputation.step(version, receipts);
      for (const auto& receipt : receipts)
        result["receipts"].push_back({round, version, receipt.device, static_cast<int>(receipt.status)});
    }
    result["rounds"] = round;
    if (kept.count(round) == 0) continue;
    if (history.model(round).digest() != recomputation.model().digest())
      throw Error(fmt::format("the model of round {} is not what its receipts make: {} in place of {}", round,
                              to_hex(history.model(round).digest()), to_hex(recomputation.model().digest())));
    result["compared"] = result["compared"].get<int>() + 1;
  }
  fmt::print("{}\n", result.dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3) return run(argv[1], argv[2]);
    fmt::print(stderr, "usage: chaos_recompute FEDERATION.yaml STATE\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "chaos_recompute: {}\n", error.what());
    return 1;
  }
  return 2;
}
