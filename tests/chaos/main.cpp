// Fault schedules over the roles: chaos COUNT [FIRST] runs the seeds FIRST … FIRST + COUNT − 1 and ends with 1 at the
// first that breaks an invariant. With --expect-violation it ends with 0 if one does, as it must with a planted defect.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "tests/chaos/ledger.hpp"

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool planted = !words.empty() && words.back() == "--expect-violation";
  if (planted) words.pop_back();
  const std::uint64_t count = words.empty() ? 1000 : std::strtoull(words[0].c_str(), nullptr, 10);
  const std::uint64_t first = words.size() < 2 ? 1 : std::strtoull(words[1].c_str(), nullptr, 10);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    try {
      brume::chaos::run_schedule(seed);
    } catch (const std::exception& error) {
      std::printf("schedule %llu: %s\n", static_cast<unsigned long long>(seed), error.what());
      return planted ? 0 : 1;
    }
  }
  std::printf("%llu schedules, every invariant held\n", static_cast<unsigned long long>(count));
  return planted ? 1 : 0;
}
