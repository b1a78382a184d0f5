#include "tests/fuzz/coverage.hpp"

#ifdef BRUME_FUZZ_COVERAGE
#include <cstdint>
#include <cstring>

// Where the linker put the program's code (ld's PROVIDE'd symbols).
extern "C" const unsigned char __executable_start[];
extern "C" const unsigned char etext[];

// Every basic block of the rooms calls this.
extern "C" void __sanitizer_cov_trace_pc();

namespace {

std::size_t reached = 0;

// A byte for each address of the code: no two places share one, and no table has to be searched at each block.
unsigned char* seen() {
  static auto* const kSeen = new unsigned char[static_cast<std::size_t>(etext - __executable_start)]();
  return kSeen;
}

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  const auto* place = static_cast<const unsigned char*>(__builtin_return_address(0));
  unsigned char& mark = seen()[place - __executable_start];
  reached += mark == 0;
  mark = 1;
}

std::size_t places_reached() { return reached; }

// A place is a near call of the callback: e8 and the distance from the next instruction.
std::size_t places_in_program() {
  const auto target = reinterpret_cast<std::intptr_t>(&__sanitizer_cov_trace_pc);
  std::size_t places = 0;
  for (const auto* at = __executable_start; at + 5 <= etext; ++at) {
    std::int32_t distance = 0;
    std::memcpy(&distance, at + 1, sizeof distance);
    if (*at == 0xe8 && reinterpret_cast<std::intptr_t>(at) + 5 + distance == target) ++places;
  }
  return places;
}

#else
std::size_t places_reached() { return 0; }
std::size_t places_in_program() { return 0; }
#endif
