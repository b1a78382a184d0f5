// A federation of a program's own data, built and run without a file: sensors that have learnt when a machine runs hot.
#include <brume/simulation.hpp>
#include <cstdio>

class Machines final : public brume::FederatedData {  // each device's examples are made when it trains
 public:
  const brume::DataShape& shape() const override { return shape_; }
  std::uint64_t device_count() const override { return 50; }
  std::uint64_t sample_count(brume::DeviceIndex) const override { return 40; }
  void load(brume::DeviceIndex device, brume::Examples& examples) const override { draw(device, 40, examples); }
  std::uint64_t test_count() const override { return 500; }
  void load_test(std::uint64_t first, std::uint64_t count, brume::Examples& examples) const override {
    draw(1000 + first, count, examples);
  }

 private:
  static void draw(std::uint64_t key, std::uint64_t count, brume::Examples& examples) {
    brume::Stream random(7, brume::Purpose::plugin, key);
    examples.resize(count, 2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const double load = random.normal(), vibration = random.normal();
      examples.features[2 * i] = static_cast<float>(load);
      examples.features[2 * i + 1] = static_cast<float>(vibration);
      examples.labels[i] = load + 0.5 * vibration > 0.5 ? 1 : 0;
    }
  }
  brume::DataShape shape_{{2}, 2};
};

int main() {
  brume::Simulation simulation;
  simulation.data(std::make_shared<Machines>()).algorithm("fedprox", {{"mu", "0.01"}}).rounds(20).cohort(10);
  simulation.optimizer("sgd", {{"learning_rate", "0.5"}}).uplink("quantize", {{"bits", "4"}});
  simulation.fog_nodes(5, "ethernet").devices(50, "raspberry-pi-4", "wifi");
  const auto end = simulation.run();
  std::printf("accuracy %.3f after %.1f s of virtual time\n", end.last.metrics->accuracy, end.last.virtual_seconds);
}
