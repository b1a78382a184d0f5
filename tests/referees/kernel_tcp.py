"""Real TCP through a two-tier tree of network namespaces, against the model.

Each fog node is a router, and so is the core before the cloud. A device is an address with a cap of its own (htb where it
leaves); a router shares its link among devices by htb, a class each with equal quanta, which is what max-min fairness
says."""
import argparse
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from namespaces import TCP_PAYLOAD, Network, may_be_made, sh  # noqa: E402

PORT = 5000
SINK = """
import socket, sys, threading, time
server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("10.0.0.2", %d)); server.listen(64)
print("ready", flush=True)
lock = threading.Lock()
def serve(connection, address):
    received = 0
    while True:
        data = connection.recv(1 << 16)
        if not data: break
        received += len(data)
    with lock: print(address[0], received, time.monotonic(), flush=True)
while True:
    threading.Thread(target=serve, args=server.accept(), daemon=True).start()
""" % PORT
SOURCE = """
import socket, sys, time
address, size = sys.argv[1], int(sys.argv[2])
link = socket.create_connection(("10.0.0.2", %d), source_address=(address, 0))
print("ready", flush=True)
start = float(sys.stdin.readline())
time.sleep(max(0, start - time.monotonic()))
link.sendall(bytes(size))
link.close()
""" % PORT


def tree_of(scenario):
    """cloud — core — fog nodes — devices of each fog node, all as namespaces."""
    network = Network()
    try:
        build(network, scenario["fog"], scenario["root"], scenario["flows"])
    except BaseException:
        network.close()
        raise
    return network


def build(network, fog_rates, root_rate, devices):
    for name in ["cloud", "core"] + [f"{kind}{f}" for f in range(len(fog_rates)) for kind in ("fog", "dev")]:
        network.add(name)
    network.connect("core", "10.0.0.1", "cloud", "10.0.0.2")
    network.route("cloud", "10.0.0.1")
    for f in range(len(fog_rates)):
        network.connect(f"fog{f}", f"10.1.{f}.1", "core", f"10.1.{f}.2")
        network.connect(f"dev{f}", f"10.2.{f}.254", f"fog{f}", f"10.2.{f}.1")
        network.route(f"fog{f}", f"10.1.{f}.2")
        network.route(f"dev{f}", f"10.2.{f}.1")
        network.route("core", f"10.1.{f}.1", to=f"10.2.{f}.0/24")
    for device in devices:
        sh(f"{network.inside('dev%d' % device['fog'])} ip addr add {device['address']}/24 dev north")
    network.share("core", "north", root_rate, [(d["address"], root_rate) for d in devices])
    for f, rate in enumerate(fog_rates):
        here = [d for d in devices if d["fog"] == f]
        network.share(f"fog{f}", "north", rate, [(d["address"], rate) for d in here])
        network.share(f"dev{f}", "north", 1e9, [(d["address"], d["cap"]) for d in here], own=True)


def measured(scenario):
    """Seconds from the beginning to each flow's last byte."""
    network = tree_of(scenario)
    sink = None
    sources = []
    try:
        sink = subprocess.Popen(f"{network.inside('cloud')} {sys.executable} -u -c '{SINK}'", shell=True,
                                stdout=subprocess.PIPE, text=True)
        sink.stdout.readline()
        for flow in scenario["flows"]:
            source = subprocess.Popen(
                f"{network.inside('dev%d' % flow['fog'])} {sys.executable} -u -c '{SOURCE}' {flow['address']} "
                f"{flow['bytes']}", shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            source.stdout.readline()
            sources.append(source)
        begin = time.monotonic() + 0.3
        for source, flow in zip(sources, scenario["flows"]):
            source.stdin.write(f"{begin + flow['at']}\n")
            source.stdin.flush()
        ends = {}
        while len(ends) < len(sources):
            address, received, at = sink.stdout.readline().split()
            ends[address] = float(at) - begin
        return [ends[flow["address"]] for flow in scenario["flows"]]
    finally:
        for process in sources + ([sink] if sink else []):
            subprocess.run(["pkill", "-P", str(process.pid)], capture_output=True)
            process.kill()
        network.close()


def modelled(scenario, program):
    caps = sorted({flow["cap"] for flow in scenario["flows"]})
    lines = [f"{1 + len(scenario['fog'])} {len(caps)} {len(scenario['flows'])}", f"{scenario['root'] * TCP_PAYLOAD} 0"]
    lines += [f"{rate * TCP_PAYLOAD} 0" for rate in scenario["fog"]]
    lines += [f"{cap * TCP_PAYLOAD}" for cap in caps]
    lines += [f"{f['at']} {1 + f['fog']} {caps.index(f['cap'])} {8 * f['bytes']}" for f in scenario["flows"]]
    result = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    return [float(line) for line in result.stdout.split()]


def random_scenario(flows, fogs, seed):
    draw = random.Random(seed)
    rates = [draw.choice([6e6, 10e6, 16e6]) for _ in range(fogs)]
    scenario = {"root": draw.choice([14e6, 20e6]), "fog": rates, "flows": []}
    for i in range(flows):
        fog = i % fogs
        scenario["flows"].append({"fog": fog, "address": f"10.2.{fog}.{10 + i}", "cap": draw.choice([2e6, 4e6, 8e6]),
                                  "bytes": draw.randrange(1_500_000, 4_000_000), "at": 0.0})
    for flow in scenario["flows"][1:]:
        flow["at"] = round(draw.uniform(0, 4), 3)
    scenario["flows"].sort(key=lambda flow: flow["at"])
    return scenario


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="flow_times")
    parser.add_argument("--json", help="file for the results")
    arguments = parser.parse_args()
    if not may_be_made():
        print("network namespaces with shaped links need root; skipped")
        return 77
    worst = 0.0
    results = []
    for flows, fogs, seed in [(3, 1, 1), (3, 2, 2), (6, 2, 3), (10, 3, 4), (14, 3, 5), (20, 4, 6)]:
        scenario = random_scenario(flows, fogs, seed)
        ours, theirs = modelled(scenario, arguments.program), measured(scenario)
        errors = [abs(a - b) / (b - f["at"]) for a, b, f in zip(ours, theirs, scenario["flows"])]
        worst = max(worst, *errors)
        results.append({"flows": flows, "fog_nodes": fogs, "worst": max(errors), "mean": sum(errors) / len(errors)})
        print(f"{flows} flows over {fogs} fog nodes: completion times differ by {100 * max(errors):.2f} % at most, "
              f"{100 * sum(errors) / len(errors):.2f} % on average", flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    print(f"worst {100 * worst:.2f} %")
    return 0 if worst < 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
