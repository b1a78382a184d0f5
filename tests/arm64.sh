#!/usr/bin/env bash
# Compiles the rooms without LibTorch for arm64 and runs the tests of core and of the codecs under qemu-user: frames decode
# to the same bits there as here. Needs a Debian machine with g++-aarch64-linux-gnu and qemu-user; the arm64 libraries are
# unpacked beside the build, not installed.
#
#   tests/arm64.sh [TARGET …]
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v $tool >/dev/null || { echo "$tool is not here: apt-get install g++-aarch64-linux-gnu qemu-user" >&2; exit 2; }
done
build=$PWD/build/arm64
root=$build/root
if [ ! -e "$root/usr" ]; then
  mkdir -p "$root"/{lists,cache,packages}
  options=(-o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o "Dir::State::lists=$root/lists" -o "Dir::Cache=$root/cache")
  apt-get "${options[@]}" -qq update
  (cd "$root/packages" && apt-get "${options[@]}" -qq download \
    lib{hwy-dev,hwy1,yaml-cpp-dev,yaml-cpp0.7,fmt-dev,fmt9,gmock-dev,gtest-dev,ssl-dev,ssl3}:arm64 \
    lib{protobuf-dev,protobuf32,sqlite3-dev,sqlite3-0,spdlog-dev,spdlog1.10}:arm64 zlib1g{-dev,}:arm64)
  for package in "$root"/packages/*.deb; do dpkg -x "$package" "$root"; done
fi
cmake -S . -B "$build" -G Ninja --toolchain cmake/aarch64-linux-gnu.cmake -DARM64_ROOT="$root" -DCMAKE_BUILD_TYPE=Release \
  -DBRUME_LEARNING=OFF -DBRUME_TESTS=ON -DBRUME_BENCHMARKS=OFF -DBRUME_UNITY=ON
targets=("${@:-core_tests}")
[ $# -eq 0 ] && targets+=(compression_tests)
cmake --build "$build" --target "${targets[@]}"
for target in "${targets[@]}"; do qemu-aarch64 -L /usr/aarch64-linux-gnu "$build/tests/$target"; done
