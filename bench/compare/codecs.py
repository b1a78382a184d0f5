#!/usr/bin/env python3
"""What codecs.sh runs: see there."""
import hashlib
import importlib.util
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BRUME = os.environ.get("BRUME", "build/release/brume")
ELEMENTS = 1 << 20
REPETITIONS = 3
# Step sizes that NNC takes, in root mean squares of all tensors together: about 1, 1.5, 2, 3 and 4 bits of a normal source.
RELATIVE_STEPS = (1.09, 0.76, 0.5, 0.25, 0.125)
# What is measured beside it, with the least of its steps.
QUANTISERS = {"tcq": 0.09, "ecsq": 0.18}


def deep_cabac():
    """The coder of nncodec without the rest of it, which wants torch."""
    found = importlib.util.find_spec("nncodec")
    if not found:
        return None
    (library,) = Path(found.submodule_search_locations[0]).glob("extensions/deepCABAC*.so")
    spec = importlib.util.spec_from_file_location("deepCABAC", library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timed(work):
    """The median of some runs, of more where one is soon over, and what the last gave: as `brume codec bench` measures, but longer, as what ran before still shows."""
    runs = []
    work()
    while len(runs) < REPETITIONS or sum(runs) < 0.2:
        began = time.perf_counter()
        result = work()
        runs.append(time.perf_counter() - began)
    return sorted(runs)[len(runs) // 2], result


# nncodec's parameters: density 2; a step of 2^(qp/4) · (1 + (qp mod 4)/4) of its own scale; its best settings for size.
class Nnc:
    density, unary, lambda_scale = 2, 10, 0

    def __init__(self, module):
        self.module = module

    def off(self):
        return self.module.HdspMode.AlwaysOff, np.array((0, 0), dtype=np.int8)

    def encode(self, tensor, qp):
        encoder = self.module.Encoder()
        symbols = np.zeros(tensor.shape, dtype=np.int32)
        encoder.initCtxModels(self.unary, 0)
        encoder.quantLayer(tensor, symbols, 1, self.density, qp, self.lambda_scale, self.unary, 0, 0)
        coder = self.module.Encoder()
        coder.iae_v(6 + self.density, qp)
        coder.initCtxModels(self.unary + 1, 1)
        coder.encodeLayer(symbols, 1, 0, 0, 0, 0, np.zeros(symbols.shape[0], dtype=np.int32), *self.off(), 0, 0)
        return np.frombuffer(bytes(coder.finish()), dtype=np.uint8)

    def decode(self, stream, shape, qp):
        decoder = self.module.Decoder()
        decoder.setStream(stream)
        decoder.iae_v(6 + self.density)
        decoder.initCtxModels(self.unary + 1)
        symbols = np.zeros(shape, dtype=np.int32)
        decoder.decodeLayer(symbols, 1, 0, 0, 0, *self.off(), 0, 0)
        decoder.finish()
        values = np.zeros(shape, dtype=np.float32)
        decoder.dequantLayer(values, symbols, self.density, qp, 0)
        return values

    def qp_of(self, step):
        """The nearest to a step: of a range, that of a tensor which shows its step."""
        def size(qp):
            unit = 1 << self.density
            return (unit + qp % unit) * 2.0 ** ((qp >> self.density) - self.density)
        return min(range(-160, 40), key=lambda qp: abs(math.log(size(qp) / step)))

    def measure(self, tensors, step):
        qp = self.qp_of(step)
        encode, streams = timed(lambda: [self.encode(t, qp) for t in tensors])
        decode, decoded = timed(lambda: [self.decode(s, t.shape, qp) for s, t in zip(streams, tensors)])
        error = sum(float(((d - t).astype(np.float64) ** 2).sum()) for d, t in zip(decoded, tensors))
        square = sum(float((t.astype(np.float64) ** 2).sum()) for t in tensors)
        size = sum(len(s) for s in streams)
        total = sum(t.size for t in tensors)
        return dict(bits=8 * size / total, nmse=error / square, encode=total / encode, decode=total / decode)


def brume(path, chains):
    arguments = [x for chain in chains for x in ("--codec", chain)]
    done = subprocess.run([BRUME, "codec", "bench", "--input", path, "--json", *arguments], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    for chain in result["chains"]:
        chain["encode"] = chain["encode_bytes_per_second"] / 4
        chain["decode"] = chain["decode_bytes_per_second"] / 4
    return result["chains"], result["copy_bytes_per_second"] / 4


def at_error(rows, nmse):
    """Of chains that differ in their step: what one with that error would have, between its neighbours in log(NMSE)."""
    rows = sorted(rows, key=lambda r: r["nmse"])
    for below, above in zip(rows, rows[1:]):
        if below["nmse"] <= nmse <= above["nmse"]:
            share = math.log(nmse / below["nmse"]) / math.log(above["nmse"] / below["nmse"])
            return {k: below[k] + share * (above[k] - below[k]) for k in ("bits", "encode", "decode")}
    return None


def beside_nnc(name, path, tensors, nnc):
    own = {}
    for quantiser, least in QUANTISERS.items():
        steps = [least * 1.13 ** i for i in range(25)]
        own[quantiser] = brume(path, [f"[{{{quantiser}: {{step: {s:.4f}}}}}, entropy]" for s in steps])
    rms = math.sqrt(sum(float((t.astype(np.float64) ** 2).sum()) for t in tensors) / sum(t.size for t in tensors))
    for relative in RELATIVE_STEPS:
        peer = nnc.measure(tensors, relative * rms)
        print(f"{name:<22} {peer['nmse']:>8.4f} {'NNC':>5} {peer['bits']:>7.3f} {'':>8} {peer['encode'] / 1e6:>7.2f} {'':>7} {peer['decode'] / 1e6:>7.2f}")
        for quantiser, (rows, copy) in own.items():
            print(f"{'':<22} {'':>8} {quantiser:>5} {beside(peer, at_error(rows, peer['nmse']), copy)}")


def beside(peer, own, copy):
    if not own:
        return "  beyond the steps that were measured"
    return (f"{own['bits']:>7.3f} {own['bits'] - peer['bits']:>+8.3f} "
            f"{own['encode'] / 1e6:>7.1f} {own['encode'] / peer['encode']:>6.1f}× {own['decode'] / 1e6:>7.1f} {own['decode'] / peer['decode']:>6.1f}×   "
            f"{own['encode'] / copy:.3f} {own['decode'] / copy:.3f}")


def zstd(data):
    """Bytes and symbols a second of zstd -1, by its own benchmark."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        done = subprocess.run(["zstd", "-b1", "-i1", file.name], capture_output=True, text=True, check=True)
    size, encode, decode = re.findall(r"-> *(\d+) \(x[0-9.]+\), *([0-9.]+) +MB/s, *([0-9.]+) +MB/s", done.stdout + done.stderr)[-1]
    return int(size), float(encode) * 1e6, float(decode) * 1e6


def beside_zstd(name, path, values):
    """The same symbols: rounded to the nearest of steps, a byte each, and by the chain that rounds alike."""
    rms = float(np.sqrt((values.astype(np.float64) ** 2).mean()))
    for step in (1.0, 0.5, 0.1):
        symbols = np.rint(values / (step * rms)).clip(-128, 127).astype(np.int8)
        size, encode, decode = zstd(symbols.tobytes())
        (own,), _ = brume(path, [f"[{{ecsq: {{step: {step}, rounding: 0.5}}}}, entropy]"])
        print(f"{name:<22} {step:>8} {8 * size / values.size:>8.3f} {own['bits']:>7.3f} {100 * (own['bits'] / (8 * size / values.size) - 1):>+7.1f} % "
              f"{encode / 1e6:>8.0f} {own['encode'] / 1e6:>6.0f} {decode / 1e6:>8.0f} {own['decode'] / 1e6:>6.0f}")


def read_model(path):
    data = path.read_bytes()
    assert data[:8] == b"BRUMEMDL" and hashlib.sha256(data[:-32]).digest() == data[-32:]
    at, shapes = 14, []
    for _ in range(struct.unpack_from("<I", data, 10)[0]):
        at += 4 + struct.unpack_from("<I", data, at)[0] + 1
        rank = data[at]
        shapes.append(struct.unpack_from(f"<{rank}Q", data, at + 1))
        at += 1 + 8 * rank
    values = np.frombuffer(data[at:-32], dtype="<f4")
    tensors = []
    for shape in shapes:
        size = int(np.prod(shape, dtype=np.int64))
        tensors.append(values[:size].reshape(shape if shape else (1,)))
        values = values[size:]
    return tensors


FEDERATION = """federation: {{name: update, seed: 1, rounds: 6}}
model: {model}
data: {data}
training: {{{training}}}
evaluation: {{every: 6}}
selection: {{uniform: {{cohort: 1}}}}
topology: {{devices: [{{count: {devices}, profile: jetson-orin-nano, link: wifi}}]}}
"""


def update(folder, name, **of):
    """The change that one device's task makes to a model which has been trained for five rounds."""
    file = folder / f"{name}.yaml"
    file.write_text(FEDERATION.format(**of))
    for rounds in (5, 6):
        subprocess.run([BRUME, "simulate", file, "--set", f"federation.rounds={rounds}", "--out", folder / f"{name}-{rounds}"],
                       capture_output=True, text=True, check=True)
    before, after = (read_model(folder / f"{name}-{r}" / "model.brume") for r in (5, 6))
    return [np.ascontiguousarray(a - b) for a, b in zip(after, before)]


def inputs(folder):
    random = np.random.default_rng(1)
    yield "normal", [random.standard_normal(ELEMENTS).astype(np.float32)]
    yield "Laplace", [(random.laplace(size=ELEMENTS) / math.sqrt(2)).astype(np.float32)]
    yield "update, cnn_small", update(folder, "cnn", model="cnn_small", data="{name: fashion-mnist, partition: {dirichlet: {alpha: 0.3}}}",
                                      training="epochs: 1, batch_size: 10, optimizer: {sgd: {learning_rate: 0.05}}", devices=100)
    training = "epochs: 1, batch_size: 32, optimizer: {sgd: {learning_rate: 1.0, clip_norm: 5}}"
    devices = write_corpus(folder / "corpus.txt")
    yield "update, gru", update(folder, "gru", model="{gru: {hidden_width: 128}}", training=training, devices=devices,
                                data="{name: text, path: corpus.txt, window: 40, stride: 7, least_examples: 100, partition: natural}")


def write_corpus(path):
    """This project's own pages, each a speaker whose next character a GRU learns to tell."""
    pages = [page for page in sorted(Path("docs").glob("*.md")) if page.stat().st_size > 8000]
    path.write_text("\n\n".join(f"{page.stem.replace('-', ' ').title()}:\n" + page.read_text().encode("ascii", "ignore").decode().replace(":\n", ".\n")
                                for page in pages))
    return len(pages)


def main():
    module = deep_cabac()
    nnc = Nnc(module) if module else None
    if not nnc:
        print("nncodec is not installed in this Python; see the head of codecs.sh", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="brume_codecs_") as folder:
        folder = Path(folder)
        all_inputs = []
        for name, tensors in inputs(folder):
            path = folder / f"{len(all_inputs)}.f32"
            path.write_bytes(np.concatenate([t.ravel() for t in tensors]).tobytes())
            all_inputs.append((name, path, tensors))
        if nnc:
            print(f"{'at equal error':<22} {'NMSE':>8} {'':>5} {'bits':>7} {'− NNC':>8} {'enc. M/s':>8} {'÷ NNC':>6} {'dec. M/s':>8} {'÷ NNC':>7}   to a copy")
            for name, path, tensors in all_inputs:
                beside_nnc(name, path, tensors, nnc)
        if shutil.which("zstd"):
            print(f"\n{'the same symbols':<22} {'step':>8} {'zstd -1':>8} {'brume':>7} {'':>9} {'zstd, M/s':>8} {'brume':>6} {'zstd, M/s':>8} {'brume':>6}")
            for name, path, tensors in all_inputs[:2]:
                beside_zstd(name, path, tensors[0])
    return 0 if nnc else 2


if __name__ == "__main__":
    sys.exit(main())
