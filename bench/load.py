#!/usr/bin/env python3
"""Ten thousand devices at one aggregator on this machine: memory, handshakes, a reconnect storm, stalled sockets.

  bench/load.py BUILD [DEVICES] [STALLED]
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve()
DEVICES = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
STALLED = int(sys.argv[3]) if len(sys.argv) > 3 else 5_000
os.environ["BRUME"] = str(BUILD / "brume")
from deployment import Deployment  # noqa: E402
from load_process import Load  # noqa: E402

FEDERATION = """federation: {{name: load, seed: 3, rounds: 1000000}}
model: logistic
data: {{name: synthetic, shared_model: true, most_samples: 60, test_devices: 4}}
training: {{batch_size: 10, optimizer: {{sgd: {{learning_rate: 0.05}}}}}}
evaluation: {{every: 1000000}}
selection: {{uniform: {{cohort: {0}}}}}
uplink: [{{quantize: {{bits: 8}}}}]
topology: {{devices: [{{count: {0}, profile: raspberry-pi-4, link: ethernet}}]}}
"""


def start_cloud(fleet):
    fleet["cloud"].start()
    return fleet["cloud"].wait_for_control()


def round_seconds(fleet, load, count=5):
    """Median over the next rounds."""
    latest = fleet.rounds()[-1]["round"]
    while len(fleet.rounds(latest + 2)) < count:
        load.wait(lambda report: True)
        time.sleep(0.1)
    return statistics.median((r["closed"] - r["opened"]) * 1e-9 for r in fleet.rounds(latest + 2))


def deployment(folder):
    fleet = Deployment(folder, FEDERATION.format(DEVICES), [], 0, silence="60 s", ping="15 s")
    fleet["cloud"].write(start_devices=DEVICES, log={"level": "error"})
    return fleet


def measure(fleet):
    before = start_cloud(fleet)["resident_bytes"]
    load = Load(BUILD, fleet, DEVICES)
    full = load.wait(lambda r: r["connected"] == DEVICES)
    rate = (DEVICES - 1) / full["seconds"]
    memory = (fleet["cloud"].status()["resident_bytes"] - before) / DEVICES
    print(f"{DEVICES} devices connected in {full['seconds']:.1f} s: {rate:.0f} handshakes/s, crypto alone {load.crypto:.0f} "
          f"({rate / load.crypto:.2f}); {memory / 1024:.1f} KB a connection")
    fleet.wait_for_round(1, 120)
    print(f"round 1: {fleet.rounds()[0]['included']} included")
    plain = round_seconds(fleet, load)
    memory = (fleet["cloud"].status()["resident_bytes"] - before) / DEVICES
    print(f"a round of all: {plain:.2f} s; {memory / 1024:.1f} KB a connection after rounds")
    load.wait(lambda r: True)
    fleet["cloud"].kill()
    load.wait(lambda r: r["connected"] == 0)
    killed = time.monotonic()
    fleet["cloud"].start()
    load.wait(lambda r: r["connected"] == DEVICES)
    print(f"killed, started again, all {DEVICES} back after {time.monotonic() - killed:.1f} s")
    latest = fleet.rounds()[-1]["round"]
    fleet.wait_for_round(latest + 2, 120)
    load.stop()
    return plain


def measure_stalled(fleet, devices):
    start_cloud(fleet)
    quiet = Load(BUILD, fleet, devices)
    quiet.wait(lambda r: r["connected"] == devices)
    fleet.wait_for_round(3, 60)
    times = {False: [], True: []}
    for _ in range(4):  # alternately: the machine is not the same for minutes
        times[False].append(round_seconds(fleet, quiet, 60))
        stalled = subprocess.Popen([sys.executable, "-c", STALL, str(fleet["cloud"].port), str(STALLED)])
        time.sleep(4)
        times[True].append(round_seconds(fleet, quiet, 60))
        stalled.kill()
        stalled.wait()
        time.sleep(1)
    quiet.stop()
    without, with_them = statistics.median(times[False]), statistics.median(times[True])
    print(f"{STALLED} stalled sockets: a round of {devices} devices takes {with_them * 1000:.1f} ms, {without * 1000:.1f} ms "
          f"without ({with_them / without - 1:+.1%})")


# Connects again whatever has been closed, and never says a word.
STALL = """
import resource, selectors, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
chosen = selectors.DefaultSelector()
def add():
    one = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    chosen.register(one, selectors.EVENT_READ)
for _ in range(int(sys.argv[2])): add()
while True:
    for key, _ in chosen.select():
        try:
            gone = key.fileobj.recv(4096) == b""
        except OSError:
            gone = True
        if gone:
            chosen.unregister(key.fileobj)
            key.fileobj.close()
            add()
"""

with tempfile.TemporaryDirectory() as folder:
    fleet = deployment(folder)
    try:
        measure(fleet)
    finally:
        fleet.kill()
with tempfile.TemporaryDirectory() as folder:
    honest = 500
    fleet = Deployment(folder, FEDERATION.format(honest), [], 0, silence="60 s", ping="15 s")
    fleet["cloud"].write(start_devices=honest, log={"level": "error"})
    try:
        measure_stalled(fleet, honest)
    finally:
        fleet.kill()
