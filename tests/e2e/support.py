"""Runs the brume program as a user would."""
import json
import math
import os
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
import wave
from pathlib import Path

ROOT = Path(os.environ.get("BRUME_SOURCE_DIR", Path(__file__).parents[2]))
BRUME = os.path.abspath(os.environ.get("BRUME", ROOT / "build/release/brume"))
SANITIZED = bool(os.environ.get("BRUME_SANITIZE"))
FASHION = Path("/usr/share/datasets/fashion-mnist")

FLEET = """federation: {name: small, seed: 4, rounds: 3}
model: logistic
data: {name: synthetic, shared_model: true, most_samples: 60, test_devices: 10}
training: {batch_size: 10, optimizer: {sgd: {learning_rate: 0.05}}}
selection: {uniform: {cohort: 10}}
uplink: [{quantize: {bits: 4}}]
topology:
  devices:
    - {count: 60, profile: jetson-orin-nano, link: wifi}
    - {count: 40, profile: raspberry-pi-4, link: lte}
"""


def need_fashion(case):
    """Fashion-MNIST is a Debian package: in CI its absence is a failure."""
    if FASHION.is_dir():
        return
    if os.environ.get("CI"):
        case.fail("dataset-fashion-mnist is not installed")
    case.skipTest("dataset-fashion-mnist is not installed")


def write_sensor_csv(path, users=6, rows_each=40, seed=1):
    """A table with WISDM's columns: three axes in ten bins each, statistics, missing values, a constant column."""
    generator = random.Random(seed)
    bins = [f"{axis}{i}" for axis in "XYZ" for i in range(10)]
    statistics = [f"{axis}{name}" for name in ("AVG", "PEAK", "ABSOLDEV", "STANDDEV") for axis in "XYZ"] + ["RESULTANT"]
    activities = ["Walking", "Jogging", "Upstairs", "Downstairs", "Sitting", "Standing"]
    lines = [",".join(["UNIQUE_ID", "user", *bins, *statistics, "activity"])]
    for number in range(users * rows_each):
        user = 1 + number % users
        kind = generator.randrange(len(activities))
        cells = [f"{generator.gauss(kind * 0.3, 0.2):.2f}" for _ in bins] + [
            "0" if name == "XAVG" else "?" if generator.random() < 0.03 else f"{generator.gauss(kind, 1):.2f}"
            for name in statistics
        ]
        lines.append(",".join([str(number), str(user), *cells, activities[kind]]))
    Path(path).write_text("\n".join(lines) + "\n")


def write_tone(path, hertz, rate=8000, seconds=0.5):
    """A WAV file with one channel of 16-bit samples."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * hertz * i / rate)))
                                  for i in range(int(seconds * rate))))


def write_mote_csv(path, motes=4, rows_each=200, seed=2):
    """Humidity follows temperature, but for some rows late in each mote's."""
    generator = random.Random(seed)
    lines = ["reading,mote_id,indoor,humidity,temperature,label"]
    for mote in range(1, motes + 1):
        for row in range(rows_each):
            temperature = 25 + 5 * math.sin(row / 20)
            odd = row > 3 * rows_each // 4 and row % 10 < 2
            humidity = 80 - temperature + generator.gauss(0, 0.2) + (40 if odd else 0)
            lines.append(f"{row},{mote},0,{humidity:.2f},{temperature:.2f},{int(odd)}")
    Path(path).write_text("\n".join(lines) + "\n")


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="brume_e2e_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, text, name="fleet.yaml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_brume(self, *arguments, timeout=300):
        return subprocess.run([BRUME, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL)

    def simulate(self, file, *arguments, timeout=550):
        """Runs a simulation that must succeed; returns its summary."""
        out = Path(tempfile.mkdtemp(dir=self.folder)) / "run"
        result = self.run_brume("simulate", file, "--out", out, "--json", *arguments, timeout=timeout)
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout.splitlines()[-1])
        for name in ("federation.yaml", "resolved.yaml", "rounds.csv", "summary.json", "model.brume", "report.html"):
            self.assertTrue((out / name).is_file(), name)
        self.assertEqual([p.name for p in out.glob("*.partial")], [])
        summary["folder"] = out
        return summary
