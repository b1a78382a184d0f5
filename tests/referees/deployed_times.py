"""Real federations against their simulation: aggregator, fog nodes and clients as processes in network namespaces whose
links have the rates of the federation file, and devices that take the times of their profiles (`profile_pace`). Compared
are the length of a round and the bytes of messages. Needs root."""
import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from deployment import BRUME, Deployment  # noqa: E402
from namespaces import TCP_PAYLOAD, Network, may_be_made  # noqa: E402

PORT = 5000
GOODPUT = TCP_PAYLOAD * 16384 / 16406  # records of TLS 1.3
ROUNDS = 8  # the first, in which TCP finds its rate, does not count
SEGMENTS = 4  # of a packet
MOST_TIME, MOST_BYTES = 0.05, 0.003
DIRECTIONS = ("device_up", "device_down", "fog_up", "fog_down")


class Scenario:
    """`devices`: groups of (count, Mbit/s up, Mbit/s down, about how many seconds a task takes). `cell`: Mbit/s that the
    devices of a fog node share in each direction."""

    def __init__(self, name, width, uplink, downlink, fog, fog_rate, devices, cell=None):
        self.name, self.width, self.uplink, self.downlink = name, width, uplink, downlink
        self.fog, self.fog_rate, self.groups, self.cell = fog, fog_rate, devices, cell
        self.devices = [group for group in devices for _ in range(group[0])]

    def file(self):
        """Devices of 60 examples in one batch, whose times differ a little (by draws that both know): what they compute
        besides takes turns on this machine's processors, and is not in the simulator. Test examples are few: evaluation
        takes no virtual time."""
        cell = f", cell: {{up: {self.cell * GOODPUT} Mbit/s, down: {self.cell * GOODPUT} Mbit/s}}" if self.cell else ""
        groups = "\n".join(
            f"    - {{count: {count}, profile: {{peak: 100 TFLOP/s, start_up: {seconds} s, noise: 0.1}}, "
            f"link: {{up: {up} Mbit/s, down: {down} Mbit/s, goodput: {GOODPUT}}}}}" for count, up, down, seconds in self.groups)
        return f"""federation: {{name: {self.name}, seed: 4, rounds: {ROUNDS}}}
model: {{mlp: {{hidden_layers: 2, hidden_width: {self.width}}}}}
data: {{name: synthetic, shared_model: true, most_samples: 60, test_devices: 4}}
training: {{batch_size: 60, optimizer: {{sgd: {{learning_rate: 0.05}}}}}}
evaluation: {{every: 1000}}
selection: {{uniform: {{cohort: {len(self.devices)}}}}}
uplink: [{self.uplink}]
downlink: [{self.downlink}]
topology:
  cloud: {{link: {{up: 10 Gbit/s, down: 10 Gbit/s}}}}
  fog: [{{count: {self.fog}, link: {{up: {self.fog_rate} Mbit/s, down: {self.fog_rate} Mbit/s, goodput: {GOODPUT}}}{cell}}}]
  devices:
{groups}
"""


SCENARIOS = [
    Scenario("top-k", 1000, "{top_k: {fraction: 0.5}}", "none", fog=2, fog_rate=40, devices=[(10, 10, 20, 3)]),
    Scenario("cells", 1400, "{quantize: {bits: 8}}", "{quantize: {bits: 8}}", fog=3, fog_rate=50, cell=30,
             devices=[(20, 20, 20, 2)]),
    Scenario("forty", 1000, "{quantize: {bits: 16}}", "{quantize: {bits: 16}}", fog=4, fog_rate=50,
             devices=[(24, 10, 20, 4), (16, 5, 10, 5)]),
]


class Hosts:
    """A namespace for each node. The devices of a fog node are plugged into it, or into the cell before it."""

    def __init__(self, network, scenario):
        self.network, self.scenario = network, scenario
        network.add("cloud")
        for f in range(scenario.fog):
            self.add_fog(f)
        for d in range(len(scenario.devices)):
            self.add_device(d)
        for f in range(scenario.fog):
            self.add_cell(f)

    def join(self, lower, lower_address, upper, upper_address, up, down):
        self.network.connect(lower, lower_address, upper, upper_address, segments=SEGMENTS)
        if up:
            self.network.limit(lower, "north", up * 1e6)
            self.network.limit(upper, f"to-{lower}", down * 1e6)

    def add_fog(self, f):
        self.network.add(f"fog{f}")
        self.join(f"fog{f}", f"10.1.{f}.1", "cloud", f"10.1.{f}.2", self.scenario.fog_rate, self.scenario.fog_rate)
        if self.scenario.cell:
            self.network.add(f"cell{f}")
            self.join(f"cell{f}", f"10.3.{f}.1", f"fog{f}", f"10.3.{f}.2", None, None)
            self.network.route(f"fog{f}", f"10.3.{f}.1", to=f"10.{10 + f}.0.0/16")

    def add_device(self, d):
        f = d % self.scenario.fog
        _, up, down, _ = self.scenario.devices[d]
        self.network.add(f"dev{d}")
        upper = f"cell{f}" if self.scenario.cell else f"fog{f}"
        self.join(f"dev{d}", f"10.{10 + f}.{d}.1", upper, f"10.{10 + f}.{d}.2", up, down)
        self.network.route(f"dev{d}", f"10.{10 + f}.{d}.2")

    def add_cell(self, f):
        if not self.scenario.cell:
            return
        rate = self.scenario.cell * 1e6
        members = [(f"10.{10 + f}.{d}.1", rate) for d in range(len(self.scenario.devices)) if d % self.scenario.fog == f]
        self.network.share(f"cell{f}", "north", rate, members, segments=SEGMENTS)
        self.network.share(f"fog{f}", f"to-cell{f}", rate, members, side="dst", segments=SEGMENTS)

    def above(self, node):
        """The address at which a node finds the one above."""
        role, index = node.name.split("/")
        if role == "fog":
            return f"10.1.{index}.2:{PORT}"
        f = int(index) % self.scenario.fog
        return f"10.3.{f}.2:{PORT}" if self.scenario.cell else f"10.{10 + f}.{index}.2:{PORT}"

    def place(self, fleet):
        for node in fleet.nodes.values():
            space = node.name.replace("/", "").replace("device", "dev")
            node.inside = self.network.inside(space).split()
            if node.role != "device":
                node.write(listen=f"0.0.0.0:{PORT}")
            if node.role != "cloud":
                node.write(dial=[self.above(node)])
            if node.role == "device":
                node.write(profile_pace=True)


def median_round(ends):
    return statistics.median(b - a for a, b in zip(ends, ends[1:]))


def deployed(scenario, folder):
    """Median seconds of a round, bytes by direction, and how many tasks took longer than their profiles say."""
    with Network() as network:
        hosts = Hosts(network, scenario)
        with Deployment(folder, scenario.file(), [scenario.fog], len(scenario.devices), silence="45 s", ping="15 s") as fleet:
            hosts.place(fleet)
            fleet["cloud"].write(reproducible=True)
            fleet.start()
            fleet.wait_for_round(ROUNDS, 120 + 60 * ROUNDS)
            time.sleep(1)
            moved = dict.fromkeys(DIRECTIONS, 0)
            for node in fleet.of_role("fog") + fleet.of_role("device"):
                status = node.status()
                moved[f"{node.role}_up"] += status["parent_sent_bytes"]
                moved[f"{node.role}_down"] += status["parent_received_bytes"]
            rounds = fleet.rounds()
            assert all(one["included"] == len(scenario.devices) for one in rounds), rounds
            missed = sum(node.status()["slower_than_profile"] for node in fleet.of_role("device"))
            fleet.stop()
            return median_round([one["closed"] / 1e9 for one in rounds]), moved, missed


def simulated(scenario, folder):
    file = folder / "fleet.yaml"
    file.write_text(scenario.file())
    subprocess.run([BRUME, "simulate", file, "--out", folder / "run"], check=True, capture_output=True)
    with open(folder / "run/rounds.csv", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    moved = {direction: int(rows[-1][f"{direction}_bytes"]) for direction in DIRECTIONS}
    return median_round([float(row["virtual_seconds"]) for row in rows]), moved


def compare(scenario):
    # In memory: forty devices have forty disks, not one.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        (Path(folder) / "real").mkdir()
        seconds, moved = simulated(scenario, Path(folder))
        real_seconds, real_moved, missed = deployed(scenario, Path(folder) / "real")
    return {"scenario": scenario.name, "devices": len(scenario.devices), "fog_nodes": scenario.fog,
            "update_bytes": moved["device_up"] // len(scenario.devices) // ROUNDS,
            "simulated_s": seconds, "deployed_s": real_seconds, "time": seconds / real_seconds - 1,
            "bytes": {way: moved[way] / real_moved[way] - 1 for way in DIRECTIONS}, "slower_than_profile": missed}


def agrees(result):
    return (result["slower_than_profile"] == 0 and abs(result["time"]) < MOST_TIME
            and all(abs(off) < MOST_BYTES for off in result["bytes"].values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="part of a scenario's name")
    parser.add_argument("--json", help="file for the results")
    arguments = parser.parse_args()
    if not may_be_made():
        print("network namespaces with shaped links need root; skipped")
        return 77
    chosen = [scenario for scenario in SCENARIOS if (arguments.only or "") in scenario.name]
    if not chosen:
        parser.error(f"no scenario '{arguments.only}': {', '.join(one.name for one in SCENARIOS)}")
    results = []
    for scenario in chosen:
        result = compare(scenario)
        results.append(result)
        bytes_off = max(result["bytes"].values(), key=abs)
        print(f"{result['scenario']}: {result['devices']} devices, {result['fog_nodes']} fog nodes, updates of "
              f"{result['update_bytes'] / 1e6:.2f} MB: a round takes {result['simulated_s']:.2f} s simulated, "
              f"{result['deployed_s']:.2f} s deployed ({100 * result['time']:+.1f} %); bytes {100 * bytes_off:+.2f} % at most; "
              f"{result['slower_than_profile']} tasks slower than their profile", flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1))
    return 0 if all(agrees(result) for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
