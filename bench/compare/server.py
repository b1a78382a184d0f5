"""Drives bench/compare/server.sh: a deployed federation of ten client processes and its memory."""
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests/support"))
from deployment import Deployment  # noqa: E402

FLOWER_SECONDS = 18.8
ROUNDS = 30
FEDERATION = """federation: {name: server, seed: 3, rounds: 1000000}
model: logistic
data: {name: synthetic, features: 4096, classes: 64, most_samples: 60, test_devices: 2}
training: {batch_size: 10, steps: 1, optimizer: {sgd: {learning_rate: 0.05}}}
evaluation: {every: 1000000}
selection: {uniform: {cohort: 10}}
topology:
  fog: [FOG]
  devices: [{count: 10, profile: raspberry-pi-4, link: ethernet}]
"""


def memory(node, field):
    text = Path(f"/proc/{node.process.pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(field)) / 1000


def measure(fog_nodes):
    fog = f"{{count: {fog_nodes}, link: {{up: 1 Gbit/s, down: 1 Gbit/s}}}}" if fog_nodes else ""
    text = FEDERATION.replace("[FOG]", f"[{fog}]" if fog else "[]")
    with tempfile.TemporaryDirectory() as folder, Deployment(folder, text, [fog_nodes] if fog else [], 10) as fleet:
        fleet.start()
        fleet.wait_for_round(ROUNDS, 300)
        rounds = fleet.rounds(5)
        seconds = statistics.median((b["closed"] - a["closed"]) * 1e-9 for a, b in zip(rounds, rounds[1:]))
        print(f"{'flat' if not fog else 'with a fog node'}: {seconds:.3f} s a round of 10 clients, 1.05 MB up and down each, "
              f"{10 / seconds:.0f} updates/s; Flower's deployment, measured on another day: {FLOWER_SECONDS} s, {FLOWER_SECONDS / seconds:.0f} times")
        for role in ("cloud", "fog", "device"):
            nodes = fleet.of_role(role)
            if not nodes:
                continue
            private = statistics.median(memory(node, "Private") for node in nodes)
            resident = statistics.median(memory(node, "Rss") for node in nodes)
            anonymous = statistics.median(memory(node, "Anonymous") for node in nodes)
            print(f"  {role:6} {private:6.1f} MB private ({anonymous:.1f} of it no file), {resident:6.1f} MB resident")


measure(0)
measure(1)
