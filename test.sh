#!/usr/bin/env bash
# Sets up, builds and runs the tests.
#
#   ./test.sh              release build, all rooms, shipped configurations, fuzz targets
#   ./test.sh sanitizers   address and undefined-behaviour sanitizers on all rooms; thread sanitizer on a build without
#                          LibTorch
#   ./test.sh long         by hand: ten million audited events, 210 killed processes, a soak of 1,000 rounds; TCP and
#                          deployed federations in network namespaces (need root) against the simulator; ten million
#                          inputs for each fuzz target, with sanitizers and coverage; writes docs/results/long-DATE.txt
#   ./test.sh tidy         clang-tidy over all rooms (minutes)
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)
mode=${1:-release}

build() {  # PRESET
  # A fresh machine builds everything once: several files at a time are faster.
  cmake --preset "$1" -DBRUME_TESTS=ON ${CI:+-DBRUME_UNITY=ON} >/dev/null
  cmake --build --preset "$1"
}

run() {  # PRESET [ctest arguments]
  local preset=$1
  shift
  ctest --preset "$preset" -j "$jobs" --no-tests=error "$@"
}

in_namespaces() {  # what this user may not do is skipped, and says so
  python3 "$@" || [ $? -eq 77 ]
}

case "$mode" in
  release | sanitizers | long | tidy) ;;
  *)
    sed -n '2,10p' "$0" >&2
    exit 2
    ;;
esac

deploy/install-dependencies.sh
case "$mode" in
  release)
    build release
    run release
    ;;
  sanitizers)
    # LibTorch's own allocations at exit are not ours to judge.
    export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 LSAN_OPTIONS=suppressions=$PWD/tests/leaks.supp:print_suppressions=0
    build asan
    run asan
    build tsan
    run tsan
    ;;
  long)
    build release
    build fuzz
    mkdir -p docs/results
    result=docs/results/long-$(date +%F).txt
    {
      echo "Commit $(git rev-parse --short HEAD), $(uname -sr), $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs)"
      BRUME_LONG_EVENTS=10000000 build/release/tests/sim_tests --gtest_filter='FlowInvariants.*:Accounts.*' |
        grep -E '^\[ +(OK|FAILED)'
      build/release/tests/chaos/chaos_schedules 100000
      BRUME=build/release/brume RECOMPUTE=build/release/tests/chaos/chaos_recompute CHAOS_KILLS=210 CHAOS_HARMS=60 python3 tests/chaos/processes_test.py -v
      BRUME=build/release/brume python3 tests/chaos/soak_test.py
      in_namespaces tests/referees/kernel_tcp.py build/release/tests/referees/flow_times
      BRUME=build/release/brume in_namespaces tests/referees/deployed_times.py
      printf '%s\n' yaml session model_file enrolment frame chain bundle |
        xargs -P "$jobs" -I TARGET sh -c 'said=$(build/fuzz/tests/fuzz/fuzz_TARGET 10000000) && echo "fuzz TARGET: $said"'
    } | tee "$result.partial"
    mv "$result.partial" "$result"
    ;;
  tidy)
    cmake --preset release >/dev/null
    cmake --build --preset release --target tidy
    ;;
esac
