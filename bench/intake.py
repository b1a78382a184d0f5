#!/usr/bin/env python3
"""How fast an aggregator takes in float32 updates of 1 MB (TLS, decode, exact sum, durable `stored`), beside one connection of
OpenSSL alone and the disk's own rate in the same run; and that its memory does not grow with the updates of a round.

  bench/intake.py BUILD [FOLDER ...]   state folders in each FOLDER (default: the temporary folder and /dev/shm)
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
FOLDERS = sys.argv[2:] or [tempfile.gettempdir(), "/dev/shm"]
os.environ["BRUME"] = str(BUILD / "brume")
from deployment import Deployment  # noqa: E402
from load_process import Load  # noqa: E402

FEDERATION = """federation: {{name: intake, seed: 3, rounds: 1000000}}
model: logistic
data: {{name: synthetic, features: {features}, classes: 64, most_samples: 60, test_devices: 4}}
training: {{batch_size: 10, optimizer: {{sgd: {{learning_rate: 0.05}}}}}}
evaluation: {{every: 1000000}}
selection: {{uniform: {{cohort: {cohort}}}}}
downlink: [{{quantize: {{bits: 1}}}}]
topology: {{devices: [{{count: {devices}, profile: raspberry-pi-4, link: ethernet}}]}}
"""


def openssl_rate():
    out = subprocess.run([BUILD / "bench/throughput", "1"], capture_output=True, text=True, check=True).stdout
    print(out.splitlines()[-1])
    return float(out.splitlines()[-1].split()[3])


def disk_rate(folder):
    """MB/s of 16 MB writes, each made durable, as the store commits them."""
    block = os.urandom(16 << 20)
    with tempfile.TemporaryFile(dir=folder) as file:
        started = time.monotonic()
        for _ in range(16):
            os.write(file.fileno(), block)
            os.fdatasync(file.fileno())
        return 256 * 1.048576 / (time.monotonic() - started)


def run(folder, features, cohort, devices, rounds):
    """Seconds of each round, and resident bytes: with all connected before the first round, and the most in rounds."""
    text = FEDERATION.format(features=features, cohort=cohort, devices=devices)
    with tempfile.TemporaryDirectory(dir=folder) as place, Deployment(place, text, [], 0, silence="60 s", ping="15 s") as fleet:
        fleet["cloud"].write(start_devices=devices, log={"level": "error"})
        fleet["cloud"].start()
        fleet["cloud"].wait_for_control()
        load = Load(BUILD, fleet, devices)
        load.wait(lambda r: r["connected"] >= devices - 1)
        before = fleet["cloud"].status()["resident_bytes"]
        most = before
        while len(fleet.rounds()) < rounds:
            load.wait(lambda r: True)
            most = max(most, fleet["cloud"].status()["resident_bytes"])
        times = [(r["closed"] - r["opened"]) * 1e-9 for r in fleet.rounds(2)]
        included = {r["included"] for r in fleet.rounds()}
        load.stop()
        assert included == {cohort}, included
        return times, before, most


def main():
    for folder in FOLDERS:
        before = openssl_rate()
        times, _, _ = run(folder, 4096, 256, 256, 14)
        rate = 256 * 4 * (4096 * 64 + 64) / 1e6 / statistics.median(times)
        alone = (before + openssl_rate()) / 2  # machines that are shared are now faster, now slower
        print(f"{folder}: {rate:.0f} MB/s of updates taken in, {rate / alone:.2f} of OpenSSL alone; "
              f"the disk alone {disk_rate(folder):.0f} MB/s")
    for cohort in (100, 10_000):
        times, before, most = run(FOLDERS[0], 392, cohort, 10_000, 4)
        print(f"{cohort} updates of 100 kB a round: {statistics.median(times):.2f} s, resident {before / 1e6:.0f} MB before "
              f"the first, {most / 1e6:.0f} MB at most")


main()
