"""Harms the processes of a federation by seed, in mid-round: kills and stops them, cuts and corrupts their links, fills their
disks, sets their clocks wrong. A checker then decides from what is left: every update that a client was told is stored is in
a model, once; every model is, bit for bit, what its receipts' updates make; and after each kill a round ended within ten
seconds.

  processes_test.py                              24 kills, 8 other harms (the tests)
  CHAOS_KILLS=210 CHAOS_HARMS=60 … -v            the long run
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from deployment import ROOT, Deployment  # noqa: E402
from links import Link  # noqa: E402

RECOMPUTE = os.environ.get("RECOMPUTE", str(ROOT / "build/release/tests/chaos/chaos_recompute"))
SANITIZED = bool(os.environ.get("BRUME_SANITIZE"))
KILLS = int(os.environ.get("CHAOS_KILLS", "6" if SANITIZED else "24"))
HARMS = int(os.environ.get("CHAOS_HARMS", "0" if SANITIZED else "8"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
FAKETIME = next(map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")
SLOWER = 5 if SANITIZED else 1
DEVICES = 6
FOLDED = 1

FEDERATION = """federation: {name: chaos, seed: 3, rounds: 1000000}
model: {mlp: {hidden_layers: 1, hidden_width: 64}}
data: {name: synthetic, shared_model: true, most_samples: 600, test_devices: 4}
training: {steps: 4000, batch_size: 10, optimizer: {sgd: {learning_rate: 0.05}}}
evaluation: {every: 1000}
selection: {uniform: {cohort: COHORT}}
uplink: [UPLINK]
topology:
  fog: [{count: 2, link: {up: 1 Gbit/s, down: 1 Gbit/s}}]
  devices: [{count: 6, profile: raspberry-pi-4, link: ethernet}]
"""


def federation(uplink, cohort):
    return FEDERATION.replace("UPLINK", uplink).replace("COHORT", str(cohort))


class Processes(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="brume_chaos_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_nothing_stored_is_lost_or_counted_twice(self):
        chance = random.Random(SEED)
        # Four of six devices a round, each with a residual that its tasks hand on: a lost or doubled one would show.
        fleet = Deployment(self.folder, federation("{top_k: {fraction: 0.25}}, {quantize: {bits: 8}}", 4), [2], DEVICES)
        self.addCleanup(fleet.kill)
        fleet.start()
        fleet.wait_for_round(2, 120 * SLOWER)
        recoveries = []
        for number in range(KILLS):
            role = ("cloud", "fog", "device", "device")[number % 4] if number % 4 != 3 else chance.choice(("cloud", "fog"))
            recoveries.append((self.harm(fleet, chance.choice(fleet.of_role(role)), chance, number), role))
        fleet.wait_for_round(self.latest(fleet) + 2, 20 * SLOWER)
        fleet.stop()
        for node in fleet.nodes.values():
            self.assertEqual(node.process.returncode, 0, node.text()[-2000:])
        self.check(fleet)
        slowest = max(recoveries)
        print(f"{KILLS} kills: rounds went on after {sum(r for r, _ in recoveries) / KILLS:.2f} s on average, "
              f"{slowest[0]:.2f} s at most ({slowest[1]}); "
              + ", ".join(f"{role} {sum(r == role for _, r in recoveries)}" for role in ("cloud", "fog", "device")))
        self.assertLess(slowest[0], 10 * SLOWER)

    @staticmethod
    def latest(fleet):
        rounds = fleet.rounds()
        return rounds[-1]["round"] if rounds else 0

    def harm(self, fleet, victim, chance, number):
        """Returns the seconds from the kill until a round has ended after it."""
        time.sleep(chance.uniform(0, 0.6))
        if number % 5 == 4:  # hangs for a while first
            victim.signal(signal.SIGSTOP)
            time.sleep(chance.uniform(0, 1))
        killed = time.time_ns()
        victim.kill()
        time.sleep(chance.uniform(0, 0.3))
        victim.start()
        until = time.time() + 60 * SLOWER
        while not any(r["closed"] > killed for r in fleet.rounds()):
            self.assertLess(time.time(), until, fleet.last_words())
            time.sleep(0.02)
        return (time.time_ns() - killed) * 1e-9

    @unittest.skipIf(HARMS == 0, "with sanitizers only kills")
    def test_links_disks_and_clocks_that_fail(self):
        chance = random.Random(SEED)
        fleet = Deployment(self.folder, federation("{quantize: {bits: 8}}", DEVICES), [2], DEVICES)
        self.addCleanup(fleet.kill)
        links = {}
        for node in fleet.nodes.values():
            if node.role != "cloud":
                links[node.name] = Link(fleet[node.parent].port)
                self.addCleanup(links[node.name].close)
                node.write(dial=[f"127.0.0.1:{links[node.name].port}"])
        disks = [name for name in ("fog/0", "device/0") if fleet[name].mount_small_disk(self, 24)]
        fleet.start()
        fleet.wait_for_round(2, 120 * SLOWER)
        harms = ["partition", "corrupt"] + (["disk"] if disks else []) + (["clock"] if FAKETIME else [])
        ended = 0
        for number in range(HARMS):
            harm = harms[number % len(harms)]
            before = self.latest(fleet)
            if harm == "partition":
                self.cut(links[chance.choice(list(links))], chance)
            elif harm == "corrupt":
                self.corrupt(links[chance.choice(list(links))], chance)
            elif harm == "disk":
                ended += self.fill(fleet, fleet[chance.choice(disks)])
            else:
                self.set_clock(chance.choice(list(fleet.nodes.values())), chance)
            fleet.wait_for_round(before + 2, 60 * SLOWER)
        print(f"{HARMS} harms: {', '.join(harms)}; {sum(link.flipped for link in links.values())} bits flipped, {ended} ended "
              "by full disks")
        self.assertTrue(ended or not disks)
        fleet.stop()
        self.check(fleet)

    @staticmethod
    def cut(link, chance):
        """Shorter and longer than it takes to call a silent peer dead (6 s)."""
        link.open.clear()
        time.sleep(chance.choice((1, 9)))
        link.open.set()

    def corrupt(self, link, chance):
        """TLS finds it; the transfer goes on over a new connection."""
        flipped = link.flipped
        link.flip_after = chance.randrange(5000)
        until = time.monotonic() + 30
        while link.flipped == flipped:
            self.assertLess(time.monotonic(), until, "nothing went over the link")
            time.sleep(0.02)

    def fill(self, fleet, node):
        """It ends rather than promise, and with room again goes on where it was; or it has room in its own files, which
        only grow, and then rounds go on. Returns whether it ended."""
        node.fill_disk()
        node.stopped = True
        before, until = self.latest(fleet), time.monotonic() + 60
        while node.running() and self.latest(fleet) < before + 3:
            self.assertLess(time.monotonic(), until, node.text()[-1000:])
            time.sleep(0.05)
        ended = not node.running()
        node.empty_disk()
        node.stopped = False
        if ended:
            self.assertEqual(node.process.returncode, 1, node.text()[-1000:])
            node.start()
        return ended

    @staticmethod
    def set_clock(node, chance):
        """Started again with a clock that is wrong by up to 50 minutes; certificates allow for an hour behind."""
        node.kill()
        node.environment = {"LD_PRELOAD": FAKETIME, "FAKETIME": f"{chance.randrange(-50, 50):+d}m",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        node.start()
        node.environment = {}

    def check(self, fleet):
        result = subprocess.run([RECOMPUTE, fleet.file, fleet["cloud"].state], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        history = json.loads(result.stdout)
        self.assertGreater(history["compared"], 1)
        included = [(version, device) for _, version, device, status in history["receipts"] if status == FOLDED]
        self.assertEqual(len(included), len(set(included)), "a task is in two rounds")
        stored = 0
        for node in fleet.of_role("device"):
            index = int(node.name.split("/")[1])
            verdicts = set(re.findall(r" settled version=(\d+) attempt=0 outcome=(\w+)", node.text()))
            settled = dict(verdicts)
            self.assertEqual(len(verdicts), len(settled), "two verdicts on one task")
            for version in set(re.findall(r" stored version=(\d+) attempt=0", node.text())):
                outcome = settled.get(version, "included")
                if int(version) >= history["rounds"]:
                    continue  # of the round that was open at the end
                stored += 1
                self.assertEqual(outcome == "included", (int(version), index) in set(included), (version, node.name))
            for version, outcome in settled.items():
                self.assertEqual(outcome == "included", (int(version), index) in set(included), (version, node.name))
        print(f"{history['rounds']} rounds, {history['compared']} models recomputed, {stored} stored updates, "
              f"{len(included)} included")
        self.assertGreater(stored, 0)


if __name__ == "__main__":
    unittest.main()
