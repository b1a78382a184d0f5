"""docs/deploy.md as it stands: four hosts as network namespaces, its files and its commands, from nothing to a round."""
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from deployed_support import PROGRAM, SLOWER
from support import ROOT, SANITIZED, ProgramTest, write_sensor_csv

PAGE = ROOT / "docs/deploy.md"
HOSTS = {"cloud": "10.77.0.1", "gateway": "10.77.0.2", "device": "10.77.0.3", "second": "10.77.0.4"}
NAMES = "127.0.0.1 localhost\n10.77.0.1 cloud.example\n10.77.0.2 gateway.local\n"
PROGRAMS = ("brume-aggregator", "brume-fog", "brume-client")


def blocks():
    """(kind, place, text) of each fenced block that names its host."""
    found = re.findall(r"^```(sh|yaml) (\S+)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    assert len(found) >= 12, "the page has lost its blocks"
    return found


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def namespaces_work():
    probe = ["unshare", "--mount", "--net", "true"]
    return os.geteuid() == 0 and shutil.which("ip") and subprocess.run(probe, capture_output=True).returncode == 0


class Host:
    """A network namespace with /etc/brume and /var/lib/brume of its own."""

    def __init__(self, name, folder):
        self.name, self.space = name, f"brume-{os.getpid()}-{name}"
        self.etc, self.var = folder / name / "etc", folder / name / "var"
        for path in (self.etc, self.var):
            path.mkdir(parents=True)
        self.programs = []

    def plug(self, bridge, address):
        ip("netns", "add", self.space)
        end = f"b{os.getpid() % 10000}{self.name[:4]}"
        ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", self.space)
        ip("link", "set", end, "master", bridge, "up")
        ip("-n", self.space, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", self.space, "link", "set", "eth0", "up")
        ip("-n", self.space, "link", "set", "lo", "up")
        hosts = Path("/etc/netns") / self.space / "hosts"
        hosts.parent.mkdir(parents=True)
        hosts.write_text(NAMES)

    def command(self, line):
        mounts = f"mount --bind {self.etc} /etc/brume && mount --bind {self.var} /var/lib/brume && cd /etc/brume"
        return ["ip", "netns", "exec", self.space, "unshare", "--mount", "sh", "-c", f"{mounts} && exec sh -c '{line}'"]

    @property
    def log(self):
        return self.var.parent / "log"

    def start(self, line):
        with self.log.open("ab") as log:
            self.programs.append(subprocess.Popen(self.command(f"exec {line}"), stdout=log, stderr=log))

    def wait_for(self, words, seconds=60):
        until = time.monotonic() + seconds * SLOWER
        while words not in (self.log.read_text(errors="replace") if self.log.exists() else ""):
            if time.monotonic() > until:
                raise AssertionError(f"{self.name} did not say '{words}'\n{self.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def unplug(self):
        for program in self.programs:
            if program.poll() is None:
                program.send_signal(signal.SIGTERM)
                program.wait(timeout=30)
        subprocess.run(["ip", "netns", "del", self.space], capture_output=True)
        shutil.rmtree(Path("/etc/netns") / self.space, ignore_errors=True)


class DeployPage(ProgramTest):
    def setUp(self):
        super().setUp()
        if SANITIZED:
            self.skipTest("the page is about the programs as they are installed")
        if not namespaces_work():
            self.skipTest("needs root and network namespaces (CAP_NET_ADMIN, CAP_SYS_ADMIN)")
        self.operator = self.folder / "operator"
        self.operator.mkdir()
        self.environment = os.environ | {"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
        os.environ["PATH"] = self.environment["PATH"]
        for path in ("/etc/brume", "/var/lib/brume"):  # where each host's own are mounted
            Path(path).mkdir(parents=True, exist_ok=True)
        bridge = f"br{os.getpid() % 100000}"
        ip("link", "add", bridge, "type", "bridge")
        self.addCleanup(subprocess.run, ["ip", "link", "del", bridge], capture_output=True)
        ip("link", "set", bridge, "up")
        self.hosts = {}
        for name, address in HOSTS.items():
            self.hosts[name] = Host(name, self.folder)
            self.addCleanup(self.hosts[name].unplug)
            self.hosts[name].plug(bridge, address)

    def run_line(self, place, line):
        command = ["sh", "-c", line] if place == "operator" else self.hosts[place].command(line)
        result = subprocess.run(command, cwd=self.operator, env=self.environment, capture_output=True, text=True,
                                timeout=120 * SLOWER)
        self.assertEqual(result.returncode, 0, f"{place}: {line}\n{result.stdout}{result.stderr}")

    def write(self, place, text):
        host, name = place.split(":")
        folder = self.operator if host == "operator" else self.hosts[host].etc
        (folder / name).write_text(text)

    def carry_files(self):
        """The page's table of what goes where."""
        pki = self.operator / "pki"
        cloud = self.hosts["cloud"].etc
        shutil.copytree(pki, cloud / "pki", ignore=shutil.ignore_patterns("root.key"))
        write_sensor_csv(cloud / "sample.csv", seed=9)
        files = {"cloud": ["fleet.yaml", "cloud/cloud.pem", "cloud/cloud.key"],
                 "gateway": ["pki/root.pem", "fog-0/fog-0.pem", "fog-0/fog-0.key"],
                 "device": ["pki/root.pem", "device-0/device-0.pem", "device-0/device-0.key"],
                 "second": ["pki/root.pem", "token"]}
        for place, names in files.items():
            for name in names:
                shutil.copy(self.operator / name, self.hosts[place].etc)
        for seed, place in enumerate(("device", "second")):
            write_sensor_csv(self.hosts[place].etc / "readings.csv", users=1, rows_each=80, seed=seed)

    def test_goes_from_nothing_to_a_round(self):
        write_sensor_csv(self.operator / "sample.csv", seed=9)
        carried = False
        for kind, place, text in blocks():
            if not carried and not place.startswith("operator"):
                self.carry_files()
                carried = True
            if kind == "yaml":
                self.write(place, text)
                continue
            for line in text.splitlines():
                line = line.split("  #")[0].strip()
                if line.startswith(PROGRAMS):
                    self.hosts[place].start(line)
                    self.hosts[place].wait_for("running")
                    if place == "second":  # all are there
                        self.hosts["cloud"].wait_for("finished")
                        self.hosts["device"].wait_for("model written version=5")
                else:
                    self.run_line(place, line)
        cloud = self.hosts["cloud"]
        self.assertIn("round=5", cloud.log.read_text())
        self.assertRegex((cloud.etc / "tables/tasks.csv").read_text(), r"\n1,0,1,0,included,")
        self.assertIn("5", (self.hosts["device"].var / "versions").read_text().split())
        for name, host in self.hosts.items():
            if name in ("cloud", "device"):  # stopped and drained by the page
                self.assertEqual(host.programs[0].wait(timeout=30), 0, host.log.read_text()[-1000:])


if __name__ == "__main__":
    unittest.main()
