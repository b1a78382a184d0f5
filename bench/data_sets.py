#!/usr/bin/env python3
"""Every kind of data set that is read, on real files: what a federation reaches, and beside it a plain LibTorch loop
(bench/central) that has all the data. Writes the table of docs/data.md.

    bench/data_sets.py --data FOLDER [--only digits,engines]

FOLDER holds wisdm/wisdm.csv, fsdd/*.wav, cmapss/train_FD001.txt, beijing-air/*.csv.gz, motes/multihop.csv,
shakespeare/input.txt, cifar10/images_5000.bin.gz, fedscale/speech_commands_clients.csv; what is missing is left out.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = Path(os.environ.get("BRUME_BUILD", ROOT / "build/release"))
PAGE = ROOT / "docs/data.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
SENSORS = ", ".join(f"s{i}" for i in range(1, 22))

ENGINES = f"""federation: {{name: engines, seed: 1, rounds: 60, target: {{rmse: 25}}}}
model: {{gru: {{hidden_width: 32}}}}
data:
  name: csv
  path: train_FD001.txt
  separator: space
  columns: [unit, cycle, setting1, setting2, setting3, {SENSORS}]
  remaining: cycle
  most_remaining: 125
  device: unit
  window: {{length: 30}}
  test_from: devices
  partition: natural
training: {{epochs: 1, batch_size: 32, optimizer: {{sgd: {{learning_rate: 0.1, momentum: 0.9, clip_norm: 5}}}}}}
evaluation: {{every: 5}}
selection: {{uniform: {{cohort: 10}}}}
uplink: [{{quantize: {{bits: 8}}}}]
topology: {{devices: [{{count: 80, profile: raspberry-pi-4, link: lte}}]}}
"""
AIR = """federation: {name: air, seed: 1, rounds: 40, target: {rmse: 50}}
model: {gru: {hidden_width: 32}}
data:
  name: csv
  path: beijing-air
  device_per_file: true
  target: PM2.5
  categories: [wd]
  ignore: [No, year, station]
  window: {length: 24, stride: 6, horizon: 6}
  skip_unlabelled: true
  test_from: end
  partition: natural
training: {epochs: 1, batch_size: 64, optimizer: {adam: {learning_rate: 0.003}}}
evaluation: {every: 5}
selection: {uniform: {cohort: 9}}
uplink: [{quantize: {bits: 8}}]
topology: {devices: [{count: 9, profile: raspberry-pi-4, link: lte}]}
"""
IMAGES = """federation: {name: images, seed: 1, rounds: 100, target: {accuracy: 0.5}}
model: cnn_cifar
data: {name: cifar, path: cifar10, train: [images_5000.bin.gz], test: [], partition: iid}
training: {epochs: 1, batch_size: 10, optimizer: {sgd: {learning_rate: 0.05}}}
evaluation: {every: 10}
selection: {uniform: {cohort: 20}}
uplink: [{quantize: {bits: 8}}]
topology: {devices: [{count: 40, profile: jetson-orin-nano, link: wifi}]}
"""
# name: title, file below FOLDER, configuration, the key of its path, epochs of the plain loop
SETS = {
    "activities": ("WISDM, by user", "wisdm/wisdm.csv", "sensors-natural.yaml", "data.path", 30),
    "digits": ("spoken digits, by speaker", "fsdd", "spoken-digits.yaml", "data.path", 20),
    "engines": ("remaining life of engines, C-MAPSS FD001", "cmapss/train_FD001.txt", ENGINES, "data.path", 15),
    "air": ("PM2.5 six hours ahead, by station", "beijing-air", AIR, "data.path", 15),
    "motes": ("anomalies of motes", "motes/multihop.csv", "motes-anomalies.yaml", "data.path", 100),
    "text": ("next character, by speaker", "shakespeare/input.txt", "shakespeare.yaml", "data.path", 5),
    "images": ("5,000 CIFAR-10 images, IID", "cifar10", IMAGES, "data.path", 15),
    "recorded": ("Fashion-MNIST as 1,000 recorded clients hold it", "fedscale/speech_commands_clients.csv",
                 "fashion-recorded.yaml", "data.partition.recorded.path", 2),
}


def run(name, folder, scratch):
    title, data, configuration, key, epochs = SETS[name]
    file = ROOT / "configs" / configuration
    if "\n" in configuration:
        file = Path(scratch) / f"{name}.yaml"
        file.write_text(configuration)
    change = f"{key}={(folder / data).resolve()}"
    done = subprocess.run([BUILD / "brume", "simulate", file, "--set", change, "--json", "--out", Path(scratch) / name],
                          capture_output=True, text=True, check=True)
    s = json.loads(done.stdout.strip().splitlines()[-1])
    metrics = {k: v for k, v in s["metrics"].items() if k not in ("class_accuracy", "devices") and v is not None}
    central = subprocess.run([BUILD / "bench/central", file, "--set", change, "--epochs", str(epochs)],
                             capture_output=True, text=True, check=True).stdout
    plain = {k: float(v) for k, v in re.findall(r"(accuracy|rmse|mae|r2|auc|f1|loss) (-?[\d.]+)", central.split(": ", 2)[2])}
    names = [n for n in ("accuracy", "rmse", "r2", "auc", "f1") if n in metrics]
    figures = ", ".join(f"{n} {metrics[n]:.3g}" for n in names)
    beside = ", ".join(f"{n} {plain[n]:.3g}" for n in names)
    print(f"{name}: {figures}; plain loop {beside}", flush=True)
    moved = (s["bytes"]["device_up"] + s["bytes"]["device_down"]) / 1e6
    return f"| {title} | {figures} | {s['rounds']} | {moved:.3g} | {s['wall_seconds']:.0f} s | {beside} ({epochs} epochs) |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default=",".join(SETS))
    parser.add_argument("--rows", type=Path, default=ROOT / "build/data_sets.json", help="what has been measured before")
    options = parser.parse_args()
    rows = json.loads(options.rows.read_text()) if options.rows.exists() else {}
    with tempfile.TemporaryDirectory(prefix="brume_data_") as scratch:
        for name in options.only.split(","):
            if (options.data / SETS[name][1]).exists():
                rows[name] = run(name, options.data, scratch)
                options.rows.write_text(json.dumps(rows))
            else:
                print(f"{name}: {SETS[name][1]} is not there", file=sys.stderr)
    before, rest = PAGE.read_text().split(BEGIN)
    table = ["| data | federation | rounds | MB moved | wall time | plain loop on all data |", "| --- | --- | --- | --- | --- | --- |",
             *(rows[name] for name in SETS if name in rows)]
    partial = PAGE.with_suffix(".partial")
    partial.write_text(before + "\n".join([BEGIN, *table, END]) + rest.split(END)[1])
    partial.replace(PAGE)


if __name__ == "__main__":
    main()
