#!/usr/bin/env bash
# Brume's codecs beside NNC (ISO/IEC 15938-17; nncodec of Fraunhofer HHI) and zstd on the same tensors, one core: bits an
# element at the same error, and speeds. On normal and Laplace sources, and on real updates of the shipped CNN and of a GRU.
#
#   bench/compare/codecs.sh [BUILD]
#
# The peers are not installed by this project. PEERS names a Python with numpy and nncodec:
#   python3 -m venv peers && peers/bin/pip install numpy pybind11 setuptools wheel
#   peers/bin/pip install --no-deps --no-build-isolation nncodec==2.1.3
#   PEERS=peers/bin/python bench/compare/codecs.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
peers=${PEERS:-python3}
"$peers" -c 'import numpy' 2>/dev/null || { echo "$peers has no numpy; see the head of this file" >&2; exit 2; }
BRUME=$build/brume "$peers" bench/compare/codecs.py
