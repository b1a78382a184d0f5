#!/usr/bin/env python3
"""Every algorithm on three data sets, three seeds each: writes the table of docs/algorithms.md.

    bench/algorithms_table.py --wisdm FILE [--cells cells.jsonl] [--only fedavg,scaffold] [--seeds 1,2,3]

Each cell is one run of `brume simulate --workers 1`, two at a time, and is kept in --cells when it ends: a table that was
interrupted goes on where it was. A data set whose file is not named is left out, and its column says so.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import resumable

ROOT = Path(__file__).parents[1]
BRUME = os.environ.get("BRUME", ROOT / "build/release/brume")
PAGE = ROOT / "docs/algorithms.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"

# Local learning rates are one for all algorithms of a data set. What an algorithm has besides:
ALGORITHMS = {
    "fedsgd": "{fedsgd: {server_learning_rate: 0.1}}", "fedavg": "fedavg", "fedavgm": "{fedavgm: {momentum: 0.7}}",
    "fedprox": "{fedprox: {mu: 0.1}}", "fedadam": "{fedadam: {server_learning_rate: 0.01}}",
    "fedyogi": "{fedyogi: {server_learning_rate: 0.01}}", "fedadagrad": "{fedadagrad: {server_learning_rate: 0.03}}",
    "fednova": "fednova", "scaffold": "scaffold", "feddyn": "{feddyn: {alpha: 0.01}}", "mimelite": "mimelite", "fedexp": "fedexp",
    "qfedavg": "{qfedavg: {q: 0.2}}", "afl": "afl", "mifa": "mifa", "hierfavg": "hierfavg", "fedbn": "fedbn",
    "fedper": "fedper", "fedrep": "fedrep", "ditto": "ditto", "perfedavg": "{perfedavg: {hessian: none}}", "apfl": "apfl",
    "local_only": "local_only", "centralised": "centralised",
}
DATA = {
    "synthetic": dict(title="synthetic(1,1)", devices=30, cohort=10, rounds=100, target=0.7, model="logistic",
                      data="{name: synthetic, alpha: 1, beta: 1, most_samples: 1000}", rate=0.02, steps=20, batch=10),
    "sensors": dict(title="WISDM by user", devices=27, cohort=9, rounds=60, target=0.8,
                    model="{mlp: {hidden_layers: 1, hidden_width: 64}}",
                    data="{name: csv, path: FILE, label: activity, device: user, ignore: [UNIQUE_ID], partition: natural}",
                    rate=0.05, steps=20, batch=16),
    "fashion": dict(title="Fashion-MNIST, Dirichlet 0.1", devices=100, cohort=10, rounds=60, target=0.7, model="cnn_small",
                    data="{name: fashion-mnist, partition: {dirichlet: {alpha: 0.1}}}", rate=0.05, steps=20, batch=10, every=10),
}
# One that diverges at its data set's rate has one of its own.
RATES = {("mimelite", "fashion"): 0.01}
NORMALISED = "{mlp: {hidden_layers: 1, hidden_width: 64, norm: batch}}"  # fedbn has something to keep


def federation(algorithm, name, seed, files):
    d = DATA[name]
    cohort = 1 if algorithm == "centralised" else d["cohort"]
    fog = "  fog: [{count: 2, link: {up: 100 Mbit/s, down: 100 Mbit/s}}]\n" if algorithm == "hierfavg" else ""
    model = d["model"]
    if algorithm == "fedbn":
        model = NORMALISED
    if algorithm in ("fedper", "fedrep") and model == "logistic":
        model = "{mlp: {hidden_layers: 1, hidden_width: 64}}"  # a single layer leaves nothing to share
    return f"""federation: {{name: {algorithm}-{name}, seed: {seed}, rounds: {d['rounds']}, target: {{accuracy: {d['target']}}}}}
model: {model}
data: {d['data'].replace('FILE', str(files.get(name, '')))}
training: {{steps: {d['steps']}, batch_size: {d['batch']}, optimizer: {{sgd: {{learning_rate: {RATES.get((algorithm, name), d['rate'])}}}}}}}
evaluation: {{every: {d.get("every", 5)}, devices: {d['devices']}}}
algorithm: {ALGORITHMS[algorithm]}
selection: {{uniform: {{cohort: {cohort}}}}}
topology:
{fog}  devices: [{{count: {d['devices']}, profile: jetson-orin-nano, link: wifi}}]
"""


def run(algorithm, name, seed, files):
    with tempfile.TemporaryDirectory(prefix="brume_table_") as folder:
        file = Path(folder) / "f.yaml"
        file.write_text(federation(algorithm, name, seed, files))
        done = subprocess.run([BRUME, "simulate", file, "--workers", "1", "--json", "--out", Path(folder) / "run"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{algorithm} on {name}, seed {seed}: {done.stderr.strip() or done.stdout.strip()}")
        s = json.loads(done.stdout.strip().splitlines()[-1])
    return dict(algorithm=algorithm, data=name, seed=seed, accuracy=s["metrics"]["accuracy"],
                devices=s["metrics"]["devices"]["accuracy"], worst=s["metrics"]["devices"]["worst_decile"],
                rounds=s["target"]["reached_round"], up=s["bytes"]["device_up"], down=s["bytes"]["device_down"],
                seconds=s["wall_seconds"], failed=s["updates"]["failed"] + s["updates"]["refused"])


def spread(values, scale=100):
    values = [scale * v for v in values]
    deviation = statistics.stdev(values) if len(values) > 1 else 0
    return f"{statistics.mean(values):.1f} ± {deviation:.1f}"


def row(algorithm, name, cells, seeds):
    found = [cells[key] for seed in seeds if (key := (algorithm, name, seed)) in cells]
    if len(found) < len(seeds):
        return None
    reached = [c["rounds"] for c in found]
    rounds = f"{statistics.mean(reached):.0f}" if all(reached) else f"{sum(r is not None for r in reached)} of {len(reached)}"
    traffic = statistics.mean(c["up"] + c["down"] for c in found) / 1e6
    return (f"| `{algorithm}` | {spread([c['accuracy'] for c in found])} | {spread([c['devices'] for c in found])} | "
            f"{spread([c['worst'] for c in found])} | {rounds} | {traffic:.3g} |")


def page(cells, seeds):
    out = []
    for name, d in DATA.items():
        rows = [r for a in ALGORITHMS if (r := row(a, name, cells, seeds))]
        out += [f"**{d['title']}**: {d['devices']} devices, {d['cohort']} a round, {d['rounds']} rounds of {d['steps']} steps, "
                f"target {d['target']}.", ""]
        if not rows:
            out += ["Not run yet, or its file was not named.", ""]
            continue
        out += ["| algorithm | accuracy, % | on devices, % | worst decile, % | rounds to target | MB moved |",
                "| --- | --- | --- | --- | --- | --- |", *rows, ""]
    return "\n".join([BEGIN, f"Mean ± standard deviation over {len(seeds)} seeds, by `bench/algorithms_table.py`.", "", *out, END])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wisdm", type=Path, help="wisdm.csv")
    parser.add_argument("--cells", type=Path, default=ROOT / "build/algorithms_table.jsonl")
    parser.add_argument("--only", default=",".join(ALGORITHMS))
    parser.add_argument("--seeds", default="1,2,3")
    options = parser.parse_args()
    seeds = [int(s) for s in options.seeds.split(",")]
    files = {"sensors": options.wisdm.resolve()} if options.wisdm else {}
    cells = resumable.load(options.cells, lambda c: (c["algorithm"], c["data"], c["seed"]))
    wanted = [(a, d, s) for d in DATA for s in seeds for a in options.only.split(",")
              if (a, d, s) not in cells and (d != "sensors" or files)]
    try:
        return resumable.run_all(
            wanted, lambda key: run(*key, files), options.cells, cells,
            lambda key, c: f"{key[0]} on {key[1]}, seed {key[2]}: {c['accuracy']:.4f} in {c['seconds']:.1f} s")
    finally:  # an interrupted table shows the rows that are complete
        resumable.write_between(PAGE, BEGIN, END, page(cells, seeds))


if __name__ == "__main__":
    sys.exit(main())
