"""What tests of deployed federations share: a small one, four devices below two fog nodes."""
import subprocess
import sys
import unittest
from pathlib import Path

from support import SANITIZED, ProgramTest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from deployment import BRUME as PROGRAM  # noqa: E402
from deployment import PROGRAMS, Deployment, free_port  # noqa: E402, F401

SLOWER = 5 if SANITIZED else 1
FEDERATION = """federation: {name: deployed, seed: 4, rounds: 1000000}
model: logistic
data: {name: synthetic, shared_model: true, most_samples: 60, test_devices: 4}
training: {batch_size: 10, optimizer: {sgd: {learning_rate: 0.05}}}
evaluation: {every: 1000}
selection: {uniform: {cohort: 4}}
uplink: [{quantize: {bits: 8}}]
topology:
  fog: [{count: 2, link: {up: 1 Gbit/s, down: 1 Gbit/s}}]
  devices: [{count: 4, profile: raspberry-pi-4, link: ethernet}]
"""

plain_only = unittest.skipIf(SANITIZED, "its code has unit tests; with sanitizers it takes minutes")


class DeployedTest(ProgramTest):
    def deploy(self, federation=FEDERATION, **limits):
        fleet = Deployment(self.folder, federation, [2], 4, **limits)
        self.addCleanup(fleet.kill)
        return fleet

    def run_node(self, node, seconds=60):
        """Runs a node that must end by itself; returns its exit code and what it says."""
        program = PROGRAM.parent / PROGRAMS[node.role]
        result = subprocess.run([program, "--config", node.folder / "node.yaml"], capture_output=True, text=True,
                                timeout=seconds, stdin=subprocess.DEVNULL)
        return result.returncode, result.stderr
