#!/usr/bin/env bash
# Sets up, builds and runs the demonstration: a thousand devices below twenty fog nodes learn to tell clothes apart, in
# virtual time. Arguments go to `brume simulate`: ./demo.sh --seed 3
set -euo pipefail
cd "$(dirname "$0")"

deploy/install-dependencies.sh demo
# What tests and benchmarks need is not installed yet, so they are left out; ./test.sh puts them back.
cmake --preset release -DBRUME_TESTS=OFF -DBRUME_BENCHMARKS=OFF
cmake --build --preset release --target brume_programs
exec build/release/brume simulate configs/fashion-fog.yaml "$@"
