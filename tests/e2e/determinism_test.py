"""Same seed, same bits: any number of workers; other link speeds change the clock only; other builds agree."""
import json
import subprocess
import unittest
from pathlib import Path

from support import BRUME, FLEET, ROOT, SANITIZED, ProgramTest, need_fashion

RELEASE = ROOT / "build/release/brume"


class Determinism(ProgramTest):
    def test_workers(self):
        summaries = [self.simulate(self.file(FLEET), "--workers", n) for n in (1, 2, 4)]
        for summary in summaries[1:]:
            for key in ("parameters_sha256", "events_sha256", "metrics", "virtual_seconds", "bytes", "energy_joules"):
                self.assertEqual(summary[key], summaries[0][key])

    def test_workers_on_convolutions(self):
        need_fashion(self)
        devices = 20 if SANITIZED else 200
        arguments = ("--devices", devices, "--set", "federation.rounds=2", "--set", "data.partition=iid", "--set",
                     "deadline=none")
        summaries = [self.simulate(ROOT / "configs/fashion-flat.yaml", *arguments, "--workers", n) for n in (1, 2, 4)]
        for summary in summaries[1:]:
            self.assertEqual(summary["parameters_sha256"], summaries[0]["parameters_sha256"])
            self.assertEqual(summary["events_sha256"], summaries[0]["events_sha256"])

    def test_topologies(self):
        """Without deadlines and over-selection depth is free: flat, 1, 3, 20 fog nodes, two tiers; 1, 2, 4 workers."""
        file = self.file(FLEET)
        flat = self.simulate(file)
        fast = "link: {up: 100 Mbit/s, down: 100 Mbit/s, latency: 15 ms}"
        trees = [f"[{{count: {n}, {fast}}}]" for n in (1, 3, 20)] + [f"[{{count: 3, {fast}}}, {{count: 10, {fast}}}]"]
        for number, tree in enumerate(trees):
            summary = self.simulate(file, "--set", f"topology.fog={tree}", "--workers", (1, 2, 4)[number % 3])
            self.assertEqual(summary["parameters_sha256"], flat["parameters_sha256"], tree)
            self.assertEqual(summary["updates"], flat["updates"])
            self.assertEqual(summary["metrics"], flat["metrics"])

    def test_topologies_with_error_feedback(self):
        file = self.file(FLEET.replace("[{quantize: {bits: 4}}]", "[{top_k: {fraction: 0.1}}, {quantize: {bits: 4}}]"))
        flat = self.simulate(file, "--workers", 1)
        tree = self.simulate(file, "--workers", 4, "--set", "topology.fog=[{count: 7, link: wifi}]", "--set",
                             "client_store.memory=10 kB")
        self.assertEqual(tree["parameters_sha256"], flat["parameters_sha256"])

    def test_workers_over_a_tree(self):
        tree = "topology.fog=[{count: 2, link: wifi}, {count: 6, link: lte}]"
        one, four = (self.simulate(self.file(FLEET), "--set", tree, "--workers", n) for n in (1, 4))
        self.assertEqual(one["events_sha256"], four["events_sha256"])
        self.assertEqual(one["energy_joules"], four["energy_joules"])

    def test_over_selection_and_deadlines(self):
        file = self.file(FLEET.replace("cohort: 10", "cohort: 10, over_selection: 1.5") + "deadline: 620 ms\n")
        one, four = (self.simulate(file, "--workers", n) for n in (1, 4))
        self.assertGreater(one["updates"]["late"], 0)
        self.assertEqual(one["events_sha256"], four["events_sha256"])
        self.assertEqual(one["parameters_sha256"], four["parameters_sha256"])

    def test_links_ten_times_slower(self):
        fast = self.simulate(self.file(FLEET))
        slow = self.simulate(self.file(FLEET), "--set", "topology.devices.0.link={up: 10.8 Mbit/s, down: 10.8 Mbit/s, latency: 30 ms}",
                             "--set", "topology.devices.1.link={up: 3.1 Mbit/s, down: 11.7 Mbit/s, latency: 445 ms}",
                             "--set", "topology.cloud.link={up: 1 Gbit/s, down: 1 Gbit/s}")
        self.assertEqual(slow["parameters_sha256"], fast["parameters_sha256"])
        self.assertGreater(slow["virtual_seconds"], fast["virtual_seconds"])

    def test_seeds_differ(self):
        one = self.simulate(self.file(FLEET), "--seed", "1")
        two = self.simulate(self.file(FLEET), "--seed", "2")
        self.assertNotEqual(one["parameters_sha256"], two["parameters_sha256"])

    def test_build_types(self):
        """Whatever build this is, it gives the bits of the release build, if there is one beside it."""
        if not RELEASE.is_file() or RELEASE == Path(BRUME):
            self.skipTest("this is the release build, or there is none beside it")  # said by the other builds' runs
        mine = self.simulate(self.file(FLEET))
        out = self.folder / "release"
        subprocess.run([RELEASE, "simulate", self.file(FLEET), "--out", out], check=True, capture_output=True)
        release = json.loads((out / "summary.json").read_text())
        self.assertEqual(mine["parameters_sha256"], release["parameters_sha256"])
        self.assertEqual(mine["events_sha256"], release["events_sha256"])


if __name__ == "__main__":
    unittest.main()
