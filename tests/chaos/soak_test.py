"""A thousand rounds and more: no process grows, and none keeps descriptors.

  soak_test.py [ROUNDS]     by hand, part of ./test.sh long
"""
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from deployment import Deployment  # noqa: E402

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
WARM_UP = ROUNDS // 2
MOST_BYTES = 1e6  # growth in 100 rounds
FEDERATION = """federation: {name: soak, seed: 3, rounds: 1000000}
model: logistic
data: {name: synthetic, shared_model: true, most_samples: 60, test_devices: 4}
training: {batch_size: 10, optimizer: {sgd: {learning_rate: 0.05}}}
evaluation: {every: 100}
selection: {uniform: {cohort: 6}}
uplink: [{quantize: {bits: 8}}]
topology:
  fog: [{count: 2, link: {up: 1 Gbit/s, down: 1 Gbit/s}}]
  devices: [{count: 8, profile: raspberry-pi-4, link: ethernet}]
"""


def figures(node):
    pages = int(Path(f"/proc/{node.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir(f"/proc/{node.process.pid}/fd"))


def main():
    with tempfile.TemporaryDirectory() as folder, Deployment(folder, FEDERATION, [2], 8) as fleet:
        for node in fleet.nodes.values():
            node.write(log={"level": "warning"})
        fleet.start()
        seen = {name: [] for name in fleet.nodes}
        number = 0
        while number < ROUNDS:
            fleet.wait_for_round(number + 20, 120)
            number = fleet["cloud"].status()["version"]
            for name, node in fleet.nodes.items():
                seen[name].append((number, *figures(node)))
        failed = False
        for name, rows in seen.items():
            late = [row for row in rows if row[0] > WARM_UP]
            slope = statistics.linear_regression([row[0] for row in late], [row[1] for row in late]).slope * 100
            descriptors = {row[2] for row in late}
            failed = failed or slope > MOST_BYTES or max(descriptors) - min(descriptors) > 1  # one is who asks
            print(f"{name:9} {rows[-1][1] / 1e6:6.1f} MB resident, {slope / 1e3:+8.1f} kB per 100 rounds, "
                  f"descriptors {sorted(descriptors)}")
        print(f"{number} rounds")
        return 1 if failed else 0


started = time.monotonic()
code = main()
print(f"{time.monotonic() - started:.0f} s")
sys.exit(code)
