#!/usr/bin/env python3
"""Bytes to a target accuracy for chains of codecs, up and down: writes the table of docs/compression.md.

    bench/compression_table.py [--cells cells.jsonl] [--only NAME --only …] [--seed 1] [--rounds 150]

Fashion-MNIST dealt by Dirichlet 0.3 to 100 devices, of which ten train the 2NN of McMahan et al. 2017 in each round. Each row is one run of `brume simulate
--workers 1`, two at a time, and is kept in --cells when it ends: a table that was interrupted goes on where it was.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import resumable

ROOT = Path(__file__).parents[1]
BRUME = os.environ.get("BRUME", ROOT / "build/release/brume")
PAGE = ROOT / "docs/compression.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
TARGET = 0.85

Q8 = "[{quantize: {bits: 8}}, entropy]"
TOP1 = "[{global_top_k: {fraction: 0.01}}, {quantize: {bits: 6}}, entropy]"
TOP03 = "[{global_top_k: {fraction: 0.003}}, {quantize: {bits: 6}}, entropy]"
TCQ_COARSE = "[{tcq: {step: 3}}, entropy]"
TOP1_COARSE = "[{global_top_k: {fraction: 0.01}}, {quantize: {bits: 3}}, entropy]"
STC1 = "[{stc: {fraction: 0.01}}]"


def dither(step):
    return f"[{{dither: {{step: {step}}}}}, entropy]"


def changes(chain):
    return f"{{chain: [{{tcq: {{step: 1}}}}, entropy], changes: {chain}}}"


# name: (uplink, downlink)
CHAINS = {
    "float32": ("[]", "[]"),
    "lossless": ("[entropy]", "[entropy]"),
    "half": ("[half]", "[half]"),
    "8 bits": (Q8, Q8),
    "4 bits": ("[{quantize: {bits: 4}}, entropy]", Q8),
    "codebook, 4 bits": ("[codebook, entropy]", Q8),
    "qsgd": ("[qsgd, entropy]", Q8),
    "terngrad": ("[terngrad, entropy]", Q8),
    "eden, 1 bit": ("[{eden: {bits: 1}}]", Q8),
    "unbiased tcq, step 1.09": ("[{tcq: {step: 1.09, unbiased: true}}, entropy]", Q8),
    "dither, step 2.5": (dither(2.5), Q8),
    "dither, step 6": (dither(6), Q8),
    "dither, step 9": (dither(9), Q8),
    "dither, step 20": (dither(20), Q8),
    "random_k 10 %": ("[{random_k: {fraction: 0.1}}, {quantize: {bits: 8}}, entropy]", Q8),
    "sign": ("[sign]", Q8),
    "tcq, step 1.09": ("[{tcq: {step: 1.09}}, entropy]", Q8),
    "tcq, step 3": (TCQ_COARSE, Q8),
    "powersgd, rank 2": ("[{powersgd: {rank: 2}}, {quantize: {bits: 8}}, entropy]", Q8),
    "stc 1 %": (STC1, Q8),
    "stc 1/400": ("[{stc: {fraction: 0.0025}}]", Q8),
    "top_k 1 %": ("[{top_k: {fraction: 0.01}}, {quantize: {bits: 6}}, entropy]", Q8),
    "global_top_k 1 %": (TOP1, Q8),
    "global_top_k 0.3 %": (TOP03, Q8),
    "global_top_k 1 %, momentum correction": (f"{{chain: {TOP1}, momentum_correction: 0.5}}", Q8),
    "dither at a rate of 0.1 bit": (f"{{chain: {dither(4)}, rate: {{target_bits: 0.1}}}}", Q8),
    "dither, step 20; changes: global_top_k 1 %": (dither(20), changes(TOP1)),
    "dither, step 20; changes: global_top_k 1 %, 3 bits": (dither(20), changes(TOP1_COARSE)),
    "dither, step 20; changes: stc 1 %": (dither(20), changes(STC1)),
    "stc 1 %; changes: stc 1 %": (STC1, changes(STC1)),
}


def federation(uplink, downlink, seed, rounds):
    return f"""federation: {{name: compression, seed: {seed}, rounds: {rounds}, target: {{accuracy: {TARGET}}}}}
model: mlp
data: {{name: fashion-mnist, partition: {{dirichlet: {{alpha: 0.3}}}}}}
training: {{epochs: 1, batch_size: 10, optimizer: {{sgd: {{learning_rate: 0.05}}}}}}
evaluation: {{every: 2}}
selection: {{uniform: {{cohort: 10}}}}
uplink: {uplink}
downlink: {downlink}
topology:
  devices: [{{count: 100, profile: jetson-orin-nano, link: wifi}}]
"""


# Of the round that reaches the target: its number, and the bytes moved until then.
def reached(folder):
    with (folder / "rounds.csv").open() as file:
        for row in csv.DictReader(file):
            if row["accuracy"] and float(row["accuracy"]) >= TARGET:
                return int(row["round"]), int(row["device_up_bytes"]), int(row["device_down_bytes"])
    return None, None, None


def run(name, seed, rounds):
    with tempfile.TemporaryDirectory(prefix="brume_table_") as folder:
        folder = Path(folder)
        (folder / "f.yaml").write_text(federation(*CHAINS[name], seed, rounds))
        done = subprocess.run([BRUME, "simulate", folder / "f.yaml", "--workers", "1", "--json", "--out", folder / "run"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.strip() or done.stdout.strip()}")
        s = json.loads(done.stdout.strip().splitlines()[-1])
        number, up, down = reached(folder / "run")
    updates = s["updates"]["included"]
    return dict(name=name, seed=seed, rounds=rounds, accuracy=s["metrics"]["accuracy"], round=number, up=up, down=down,
                up_each=s["bytes"]["device_up"] / updates, down_each=s["bytes"]["device_down"] / updates,
                seconds=s["wall_seconds"], failed=s["updates"]["failed"] + s["updates"]["refused"])


def ratio(whole, part):
    return f"{whole / part:.3g}×" if part else "–"


def page(cells, seed, rounds):
    found = {name: cells[name, seed, rounds] for name in CHAINS if (name, seed, rounds) in cells}
    plain = found.get("float32")
    lines = [BEGIN,
             f"Fashion-MNIST, Dirichlet 0.3, 100 devices, ten a round, one epoch of batches of 10, `mlp` (199,210 parameters), {rounds} rounds, seed {seed}; "
             f"bytes until the test accuracy is {TARGET:.2f}, as messages take them with all framing. By `bench/compression_table.py`.", "",
             "| | up, kB a device and round | down | accuracy after all rounds, % | rounds to target | MB up | MB down | up, less than float32 by | both |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, c in found.items():
        to_target = ["–"] * 5
        if c["round"]:
            both = c["up"] + c["down"]
            to_target = [c["round"], f"{c['up'] / 1e6:.3g}", f"{c['down'] / 1e6:.3g}",
                         ratio(plain["up"], c["up"]) if plain else "–",
                         ratio(plain["up"] + plain["down"], both) if plain else "–"]
        lines.append(f"| {name} | {c['up_each'] / 1e3:.3g} | {c['down_each'] / 1e3:.3g} | {100 * c['accuracy']:.1f} | " +
                     " | ".join(str(t) for t in to_target) + " |")
    lines += ["", "The chains:", "", "| | uplink | downlink |", "| --- | --- | --- |"]
    lines += [f"| {name} | `{CHAINS[name][0]}` | `{CHAINS[name][1]}` |" for name in found]
    return "\n".join([*lines, END])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=Path, default=ROOT / "build/compression_table.jsonl")
    parser.add_argument("--only", action="append", choices=list(CHAINS), help="rows to run; by default all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=150)
    options = parser.parse_args()
    cells = resumable.load(options.cells, lambda c: (c["name"], c["seed"], c["rounds"]))
    wanted = [key for name in (options.only or CHAINS) if (key := (name, options.seed, options.rounds)) not in cells]
    try:
        return resumable.run_all(
            wanted, lambda key: run(*key), options.cells, cells,
            lambda key, c: f"{key[0]}: {c['accuracy']:.4f}, target in round {c['round']}, {c['seconds']:.1f} s")
    finally:  # an interrupted table shows the rows that are complete
        resumable.write_between(PAGE, BEGIN, END, page(cells, options.seed, options.rounds))


if __name__ == "__main__":
    sys.exit(main())
