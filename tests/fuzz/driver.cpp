// Feeds a fuzz target with mutations of its seeds: flipped bits, replaced, inserted and removed bytes, spliced inputs.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "brume/random.hpp"
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

}  // namespace

int main(int argc, char** argv) {
  const long runs = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 100'000;
  const auto seeds = fuzz_seeds();
  brume::Stream random(1, brume::Purpose::plugin);
  for (const auto& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
  for (long run = 0; run < runs; ++run) {
    Input input = seeds[random.below(seeds.size())];
    for (std::uint64_t i = 0; i <= random.below(8); ++i) mutate(input, seeds, random);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%ld runs\n", runs);
}
