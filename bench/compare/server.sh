#!/usr/bin/env bash
# Ten real client processes, one aggregator, a model of 1 MB in float32: seconds a round, and what the processes take of
# memory. With a fog node besides: what that takes.
#
#   bench/compare/server.sh [BUILD]
#
# The peer: Flower 1.41's deployment (flower-superlink, ten flower-supernode, no TLS) on the same work and this kind of
# machine: 18.8 s a round, 151 MB resident for each supernode, 163 MB for the superlink. Where it is installed, set
# FLOWER_APP to a Flower app of the same work with a federation "local-deploy" in its configuration: it is run besides.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}

BRUME=$build/brume python3 bench/compare/server.py
if [ -n "${FLOWER_APP:-}" ]; then
  command -v flwr >/dev/null || { echo "FLOWER_APP is set, but flwr is not installed" >&2; exit 2; }
  started=$(date +%s.%N)
  flwr run "$FLOWER_APP" local-deploy --stream
  echo "Flower: $(echo "$(date +%s.%N) - $started" | bc) s in all"
fi
