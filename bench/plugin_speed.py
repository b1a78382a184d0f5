#!/usr/bin/env python3
"""An algorithm of a plug-in beside the same one built in: FedProx, whose correction runs at every step. Runs in turn, one
after the other; prints the medians of the processor time and their ratio, and fails if the models differ.

    bench/plugin_speed.py [RUNS]
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ.get("BRUME_BUILD", Path(__file__).parents[1] / "build/release"))
FEDERATION = """plugins: [{{path: {plugin}, in: [aggregator, fog, client]}}]
federation: {{name: plugin-speed, seed: 1, rounds: 40}}
model: {{mlp: {{hidden_layers: 1, hidden_width: 64}}}}
data: {{name: synthetic, alpha: 1, beta: 1, most_samples: 500}}
training: {{steps: 100, batch_size: 10, optimizer: {{sgd: {{learning_rate: 0.02}}}}}}
evaluation: {{every: 40}}
algorithm: {{{name}: {{mu: 0.1}}}}
selection: {{uniform: {{cohort: 20}}}}
topology: {{devices: [{{count: 50, profile: raspberry-pi-4, link: wifi}}]}}
"""


def run(name):
    with tempfile.TemporaryDirectory(prefix="brume_plugin_") as folder:
        return run_in(Path(folder), name)


def run_in(folder, name):
    file = folder / "f.yaml"
    file.write_text(FEDERATION.format(plugin=BUILD / "bench/proximal.so", name=name))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([BUILD / "brume", "simulate", file, "--workers", "1", "--json", "--out", folder / "run"],
                          stdout=subprocess.PIPE, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, json.loads(done.stdout.splitlines()[-1])["parameters_sha256"]


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    times = {"fedprox": [], "proximal": []}
    hashes = set()
    for i in range(runs):
        for name in list(times)[:: 1 if i % 2 else -1]:  # each as often first as second
            seconds, model = run(name)
            times[name].append(seconds)
            hashes.add(model)
    built_in, plugin = (statistics.median(t) for t in times.values())
    print(f"built in {built_in:.3f} s, plug-in {plugin:.3f} s of processor time: ratio {plugin / built_in:.4f} (medians of {runs}); "
          f"{'the same model' if len(hashes) == 1 else 'DIFFERENT MODELS'}")
    return 0 if len(hashes) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
