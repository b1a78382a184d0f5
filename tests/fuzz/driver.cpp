// Feeds a fuzz target with mutations of its seeds: flipped bits, replaced, inserted and removed bytes, spliced inputs.
// The same random numbers each time: a finding comes again.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "brume/random.hpp"
#include "tests/fuzz/coverage.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using Input = std::vector<std::uint8_t>;

void mutate(Input& input, const std::vector<Input>& seeds, brume::Stream& random) {
  const auto position = [&] { return static_cast<std::ptrdiff_t>(random.below(input.size())); };
  if (input.empty()) input.push_back(0);
  switch (random.below(6)) {
    case 0:
      input[static_cast<std::size_t>(position())] ^= static_cast<std::uint8_t>(1U << random.below(8));
      break;
    case 1:
      input[static_cast<std::size_t>(position())] = static_cast<std::uint8_t>(random.next());
      break;
    case 2:
      input.insert(input.begin() + position(), static_cast<std::uint8_t>(random.next()));
      break;
    case 3:
      input.erase(input.begin() + position());
      break;
    case 4:
      input.resize(static_cast<std::size_t>(position()));
      break;
    case 5: {
      const auto& other = seeds[random.below(seeds.size())];
      input.resize(static_cast<std::size_t>(position()));
      const auto from = static_cast<std::ptrdiff_t>(random.below(other.size() + 1));
      input.insert(input.end(), other.begin() + from, other.end());
      break;
    }
  }
}

// Inputs to mutate: the seeds and, where coverage is counted, those that reached a place first.
class Corpus {
 public:
  explicit Corpus(std::vector<Input> seeds) : inputs_(std::move(seeds)) {
    for (const auto& input : inputs_) run(input);
    by_seeds_ = places_reached();
  }
  void run_mutation(brume::Stream& random) {
    Input input = inputs_[random.below(inputs_.size())];
    for (std::uint64_t i = 0; i <= random.below(8); ++i) mutate(input, inputs_, random);
    const auto before = places_reached();
    run(input);
    if (places_reached() > before && input.size() <= kMostKept) inputs_.push_back(std::move(input));
  }
  void report(long runs) const {
    std::printf("%ld runs", runs);
    if (places_reached() > 0)
      std::printf(", reached %zu of the program's %zu basic blocks (its seeds alone %zu), kept %zu inputs",
                  places_reached(), places_in_program(), by_seeds_, inputs_.size());
    std::printf("\n");
  }

 private:
  static constexpr std::size_t kMostKept = 1 << 16;  // mutations that splice would let inputs grow without end
  static void run(const Input& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }
  std::vector<Input> inputs_;
  std::size_t by_seeds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const long runs = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 100'000;
  Corpus corpus(fuzz_seeds());
  brume::Stream random(1, brume::Purpose::plugin);
  for (long run = 0; run < runs; ++run) corpus.run_mutation(random);
  corpus.report(runs);
}
