// What a federation adds to training: wall time a client, one worker, as a ratio to the bare LibTorch loop of
// bare_loop.cpp on the same work, alternating in one run. The federation also selects, moves frames, decodes, sums
// exactly and hashes.
//
//   round_overhead [REPETITIONS]
#include <fmt/format.h>

#include <cstdlib>

#include "bench/bare_loop.hpp"
#include "bench/support.hpp"

namespace {

using brume::bench::BareWork;

struct Workload {
  std::string name;
  BareWork bare;
  std::string yaml;
  int rounds;
};

// Every device has `samples` examples that are made when it is picked, which the bare loop has lying ready.
std::string generated(const BareWork& work) {
  return fmt::format(
      "{{name: synthetic, shared_model: true, features: {}, classes: {}, least_samples: {}, most_samples: {}, "
      "test_devices: "
      "1, test_samples: 1}}",
      work.shape[0], work.classes, work.samples, work.samples);
}

std::string federation(const BareWork& work, int rounds, const std::string& model, const std::string& data,
                       const std::string& uplink) {
  return fmt::format(
      "federation: {{rounds: {}}}\n"
      "model: {}\n"
      "data: {}\n"
      "training: {{batch_size: {}, optimizer: {{sgd: {{learning_rate: {}}}}}}}\n"
      "evaluation: {{every: 1000000}}\n"
      "selection: {{uniform: {{cohort: {}}}}}\n"
      "uplink: {}\n"
      "topology: {{devices: [{{count: {}, profile: jetson-orin-nano, link: wifi}}]}}\n",
      rounds + 1, model, data, work.batch, work.learning_rate, work.cohort, uplink, work.devices);
}

void compare(const Workload& workload, int repetitions) {
  std::vector<double> bare, ours, ratios;
  const double clients = static_cast<double>(workload.bare.cohort) * workload.rounds;
  for (int i = 0; i < repetitions; ++i) {
    bare.push_back(brume::bench::run_bare_loop(workload.bare, workload.rounds, 1) / clients * 1e6);
    ours.push_back(brume::bench::run_federation(workload.yaml, 1) / clients * 1e6);
    ratios.push_back(ours.back() / bare.back());
  }
  fmt::print("{:<42} bare {:8.1f} µs a client   brume {:8.1f} µs   ratio {:.3f} (of {} pairs)\n", workload.name,
             brume::bench::median(bare), brume::bench::median(ours), brume::bench::median(ratios), repetitions);
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 5;
  const BareWork mlp{"mlp", {32}, 32, 10, 10'000, 20, 1000, 20, 0.1, 0, 0};
  const BareWork logistic{"logistic", {784}, 0, 10, 1000, 60, 10, 10, 0.03, 0, 0};
  const std::string mlp_model = "{mlp: {hidden_layers: 1, hidden_width: 32}}";
  for (const auto& uplink : {"[]", "[{quantize: {bits: 8}}]"}) {
    compare({fmt::format("MLP 32-32-10, cohort 1000, uplink {}", uplink), mlp,
             federation(mlp, 20, mlp_model, generated(mlp), uplink), 20},
            repetitions);
    compare({fmt::format("logistic 784-10, cohort 10, uplink {}", uplink), logistic,
             federation(logistic, 200, "logistic", "{name: fashion-mnist, partition: iid}", uplink), 200},
            repetitions);
  }
}
