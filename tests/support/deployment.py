"""A deployed federation on this machine, node by node, for tests that harm it."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(os.environ.get("BRUME_SOURCE_DIR", Path(__file__).parents[2]))
BRUME = Path(os.environ.get("BRUME", ROOT / "build/release/brume")).absolute()
PROGRAMS = {"cloud": "brume-aggregator", "fog": "brume-fog", "device": "brume-client"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Connection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Node:
    def __init__(self, deployment, name):
        self.deployment, self.name = deployment, name  # "cloud", "fog/3", "device/17"
        self.role = name.split("/")[0]
        self.folder = deployment.folder / name.replace("/", "-")
        self.folder.mkdir()
        self.process = None
        self.stopped = False  # on purpose
        self.settings = {}
        self.environment = {}  # besides this process's own
        self.inside = []  # the words before its command that put it into a namespace

    @property
    def state(self):
        return self.folder / "state"

    @property
    def log(self):
        return self.folder / "log"

    def write(self, **settings):
        """node.yaml is JSON here, which is YAML too."""
        self.settings |= settings
        (self.folder / "node.yaml").write_text(json.dumps(self.settings))

    def start(self):
        self.stopped = False
        program = BRUME.parent / PROGRAMS[self.role]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*self.inside, program, "--config", self.folder / "node.yaml"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=os.environ | self.environment)

    def kill(self, number=signal.SIGKILL):
        self.stopped = True
        self.process.send_signal(number)
        self.process.wait(timeout=60)

    def signal(self, number):
        self.process.send_signal(number)

    def mount_small_disk(self, case, megabytes):
        """Its state on a disk of its own, until the case ends; False where that needs more rights."""
        self.state.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", self.state]
        if subprocess.run(command, capture_output=True).returncode != 0:
            return False
        case.addCleanup(subprocess.run, ["umount", "-l", self.state], capture_output=True)
        return True

    def fill_disk(self):
        with open(self.state / "ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass

    def empty_disk(self):
        (self.state / "ballast").unlink()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def ask(self, target, method="GET"):
        connection = Connection(self.state / "control")
        try:
            connection.request(method, target)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def status(self):
        return json.loads(self.ask("/status"))

    def wait_for_control(self, seconds=60):
        """Its status, as soon as it answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                return self.status()
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{self.name} does not answer\n{self.text()[-2000:]}")

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for(self, words, seconds=60):
        """Until the node has said so."""
        until = time.monotonic() + seconds
        while words not in self.text():
            if time.monotonic() > until:
                raise AssertionError(f"{self.name} did not say '{words}' within {seconds} s\n{self.text()[-2000:]}")
            time.sleep(0.05)


class Deployment:
    """`tiers` as counts of fog nodes, cloud downwards; devices are dealt round robin, as in a federation file."""

    def __init__(self, folder, federation, tiers, devices, **limits):
        self.folder, self.devices = Path(folder), devices
        self.file = self.folder / "federation.yaml"
        self.file.write_text(federation)
        self.pki("init", self.folder / "pki", "--name", "test")
        self.nodes = {"cloud": Node(self, "cloud")}
        first, above = 0, ["cloud"]
        for count in tiers:
            names = [f"fog/{first + i}" for i in range(count)]
            self.add(names, above)
            first, above = first + count, names
        self.add([f"device/{i}" for i in range(devices)], above)
        self.limits = {"silence": "6 s", "ping": "1 s"} | limits
        for node in self.nodes.values():
            self.prepare(node)

    def add(self, names, above):
        for i, name in enumerate(names):
            self.nodes[name] = Node(self, name)
            self.nodes[name].parent = above[i % len(above)]

    def pki(self, *arguments):
        subprocess.run([BRUME, "pki", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    def prepare(self, node):
        self.pki("issue", self.folder / "pki", node.name, "--name", "node", "--out", node.folder)
        node.write(state="state", limits=self.limits,
                   certificates={"authority": "../pki/root.pem", "certificate": "node.pem", "key": "node.key",
                                 "revocations": "../pki/revocations.pem"})
        if node.role == "cloud":
            node.write(federation="../federation.yaml", start_devices=self.devices)
        if node.role != "device":
            node.port = free_port()
            node.write(listen=f"127.0.0.1:{node.port}")
        if node.role != "cloud":
            node.write(dial=[f"127.0.0.1:{self.nodes[node.parent].port}"])
        if node.role == "device":
            node.write(federation_data=True)

    def __getitem__(self, name):
        return self.nodes[name]

    def of_role(self, role):
        return [node for node in self.nodes.values() if node.role == role]

    def start(self):
        for node in self.nodes.values():
            node.start()

    def rounds(self, first=1):
        try:
            return json.loads(self["cloud"].ask(f"/rounds?from={first}"))
        except OSError:
            return []

    def wait_for_round(self, number, seconds=60):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.rounds(number):
                return
            ended = [name for name, node in self.nodes.items() if node.process and not node.stopped and not node.running()]
            if ended:
                raise AssertionError(f"{', '.join(ended)} ended\n{self.last_words()}")
            time.sleep(0.02)
        raise AssertionError(f"round {number} did not end within {seconds} s\n{self.last_words()}")

    def last_words(self):
        return "\n".join(f"{name}: " + " | ".join(node.text().splitlines()[-4:]) for name, node in self.nodes.items())

    def stop(self):
        for role in ("device", "fog", "cloud"):
            nodes = [node for node in self.of_role(role) if node.running()]
            for node in nodes:
                node.signal(signal.SIGCONT)
                node.signal(signal.SIGTERM)
            for node in nodes:
                node.process.wait(timeout=30)
                node.stopped = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        for node in self.nodes.values():
            if node.running():
                node.kill()
