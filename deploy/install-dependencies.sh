#!/usr/bin/env bash
# Installs what this project needs, on Debian 12 or Ubuntu 22.04 and later. The names stand here and nowhere else. Does
# nothing, and needs no rights, when everything is there.
#
#   install-dependencies.sh demo   to build and run
#   install-dependencies.sh        to test, format and measure too
set -euo pipefail

packages=(
  # building
  g++ cmake ninja-build ccache git ca-certificates
  # libraries; libopenblas0-pthread, because the reference BLAS makes LibTorch about 40 times slower
  libtorch-dev libopenblas0-pthread libssl-dev libyaml-cpp-dev libfmt-dev nlohmann-json3-dev libcli11-dev zlib1g-dev
  libboost-dev libprotobuf-dev protobuf-compiler libsqlite3-dev libspdlog-dev libhwy-dev
  # the demonstration's data
  dataset-fashion-mnist
)
if [ "${1:-all}" = all ]; then
  packages+=(libgtest-dev libgmock-dev libbenchmark-dev libsimgrid-dev libfaketime iproute2 python3 python3-jsonschema python3-yaml clang-format clang-tidy)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "This script installs with apt-get, which is not here. Install these yourself: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Installing needs root. Run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
