#!/usr/bin/env bash
# Sets up, builds and runs the demonstration: a thousand devices learn to tell clothes apart, in virtual time. Arguments go
# to `brume simulate`: ./demo.sh --seed 3
set -euo pipefail
cd "$(dirname "$0")"

deploy/install-dependencies.sh
cmake --preset release -DBRUME_BENCHMARKS=OFF >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }
rm -f build-configure.log
cmake --build --preset release --target brume_program
exec build/release/brume simulate configs/fashion-flat.yaml "$@"
