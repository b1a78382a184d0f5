#include "bench/support.hpp"

#include <algorithm>
#include <chrono>

#include "configs/document.hpp"
#include "federation/builtin.hpp"
#include "sim/federation.hpp"

namespace brume::bench {

namespace {

using Clock = std::chrono::steady_clock;

class FirstRound final : public sim::Observer {
 public:
  void on_round(const RoundReport& report, const sim::Totals& /*totals*/) override {
    if (report.round == 1) started = Clock::now();
  }
  Clock::time_point started;
};

}  // namespace

double run_federation(const std::string& yaml, unsigned workers) {
  const auto registry = federation::builtin_registry();
  const auto backend = federation::builtin_backend();
  const auto document = configs::read_document_text(yaml, "bench.yaml", {}, registry, configs::Presets());
  const auto assembly = federation::assemble(document);
  FirstRound observer;
  sim::Federation federation(document.configuration, assembly, backend->start(assembly.training_setup(workers)),
                             observer);
  federation.run();
  return std::chrono::duration<double>(Clock::now() - observer.started).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace brume::bench
