"""Deployed nodes in the field: proxies, other homes, limits of a device, models for use, an operator's hand."""
import contextlib
import hashlib
import json
import os
import signal
import time
import unittest

from deployed_support import FEDERATION, SLOWER, DeployedTest, plain_only
from links import HttpProxy, Link, SocksProxy

FEW_ROUNDS = FEDERATION.replace("rounds: 1000000", "rounds: 4")
SLOW_ROUNDS = FEDERATION.replace("batch_size: 10,", "batch_size: 10, epochs: 2000,")  # the last 20 models are kept


class Proxies(DeployedTest):
    def test_a_node_dials_through_a_proxy(self):
        fleet = self.deploy()
        http, socks, plain = HttpProxy("gate", "way s"), SocksProxy("user", "secret"), SocksProxy()
        for proxy in (http, socks, plain):
            self.addCleanup(proxy.close)
        fleet["fog/0"].write(proxy=f"http://gate:way%20s@127.0.0.1:{http.port}")
        fleet["device/0"].write(proxy=f"socks5://user:secret@127.0.0.1:{socks.port}",
                                dial=[f"localhost:{fleet['fog/0'].port}"])
        fleet["device/1"].write(proxy=f"socks5://127.0.0.1:{plain.port}")
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        self.assertEqual(http.asked[0], f"CONNECT 127.0.0.1:{fleet['cloud'].port} HTTP/1.1")
        self.assertEqual(socks.asked[0], (3, "localhost", fleet["fog/0"].port), "the proxy looks the name up")
        self.assertEqual(plain.asked[0], (1, "127.0.0.1", fleet["fog/1"].port))

    @plain_only
    def test_says_why_a_proxy_does_not_serve(self):
        fleet = self.deploy()
        http, socks = HttpProxy("gate", "way"), SocksProxy("user", "secret")
        for proxy in (http, socks):
            self.addCleanup(proxy.close)
        device = fleet["device/0"]
        for proxy, said in ((f"http://127.0.0.1:{http.port}", "the proxy answers 407 Proxy Authentication Required"),
                            (f"socks5://user:wrong@127.0.0.1:{socks.port}", "the proxy refuses this user and password"),
                            (f"socks5://127.0.0.1:{socks.port}", "the proxy wants a user and a password"),
                            (f"socks5://127.0.0.1:{http.port}", "no answer came in time|version 5|End of file")):
            device.log.unlink(missing_ok=True)
            device.write(proxy=proxy)
            device.start()
            device.wait_for("parent not reached", 30)
            device.kill()
            self.assertRegex(device.text(), said)
        device.write(proxy="ftp://127.0.0.1:1")
        code, text = self.run_node(device)
        self.assertEqual(code, 2)
        self.assertIn("'ftp://127.0.0.1:1' is no proxy; write http://HOST:PORT or socks5://HOST:PORT", text)


class Models(DeployedTest):
    def setUp(self):
        super().setUp()
        self.seen = {}  # models that an operator put in, by version

    def test_every_device_has_the_settled_model(self):
        fleet = self.deploy(FEW_ROUNDS.replace("cohort: 4", "cohort: 1"))
        devices = fleet.of_role("device")
        for device in devices:
            device.write(model_dir="models", on_model=f"echo $BRUME_MODEL_VERSION >> {device.folder}/versions")
        fleet.start()
        fleet.wait_for_round(4, 60 * SLOWER)
        until = time.monotonic() + 30 * SLOWER
        while any(self.versions(device)[-1:] != ["4"] for device in devices) and time.monotonic() < until:
            time.sleep(0.1)
        digests = {hashlib.sha256((device.folder / "models/current").read_bytes()).hexdigest() for device in devices}
        self.assertEqual(len(digests), 1, "devices have different models after the last round")
        out = self.folder / "exported.brume"
        exported = self.run_brume("state", "export", "--state", fleet["cloud"].state, out)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        self.assertEqual(hashlib.sha256(out.read_bytes()).hexdigest(), digests.pop())

    def versions(self, device):
        """Of the models that it was told of."""
        file = device.folder / "versions"
        return file.read_text().split() if file.exists() else []

    def state(self, command, fleet, *arguments):
        return self.run_brume("state", command, "--state", fleet["cloud"].state, *arguments)

    def models(self, fleet):
        listed = self.state("models", fleet, "--json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        models = {model["version"]: model for model in json.loads(listed.stdout)}
        for version, model in models.items():
            if model["origin"] == "imported":
                self.seen[version] = model["parameters_sha256"]
        return models

    @contextlib.contextmanager
    def held(self, fleet):
        """The federation stands still: a round waits for a device that does nothing."""
        fleet["device/3"].signal(signal.SIGSTOP)
        before = None
        while (now := max(self.models(fleet))) != before:
            before = now
            time.sleep(0.5 * SLOWER)
        yield self.models(fleet)
        fleet["device/3"].signal(signal.SIGCONT)

    def test_a_model_is_rolled_back_and_another_imported(self):
        fleet = self.deploy(SLOW_ROUNDS)
        fleet.start()
        fleet.wait_for_round(3, 60 * SLOWER)
        out = self.folder / "other.brume"
        with self.held(fleet) as models:
            first, second = sorted(models)[-3:-1]
            self.assertEqual(self.state("export", fleet, "--version", str(second), out).returncode, 0)
            rolled_back = self.state("rollback", fleet, str(first))
            self.assertEqual(rolled_back.returncode, 0, rolled_back.stderr)
            self.assertIn("when the open round has ended", rolled_back.stdout)
            another = self.state("rollback", fleet, str(second))
            self.assertEqual(another.returncode, 1)
            self.assertIn("another model waits for its turn", another.stderr)
        self.wait_for_imports(fleet, 1)
        with self.held(fleet) as after:
            self.assertEqual(self.state("import", fleet, out).returncode, 0)
            fleet["cloud"].kill()  # what was taken in is not forgotten
            fleet["cloud"].start()
            fleet["cloud"].wait_for_control()
        imported = self.wait_for_imports(fleet, 2)
        fleet.wait_for_round(imported[1] + 2, 60 * SLOWER)  # devices go on from it
        digest = {model["parameters_sha256"] for model in after.values() if model["origin"] == "imported"}
        self.assertEqual(digest, {models[first]["parameters_sha256"]})
        self.assertEqual(self.seen[imported[1]], models[second]["parameters_sha256"])
        # The same after a crash.
        fleet["cloud"].kill()
        fleet["cloud"].start()
        fleet.wait_for_round(max(self.models(fleet)) + 2, 60 * SLOWER)
        history = self.state("history", fleet)
        self.assertEqual(history.stdout.count("an operator's model"), 2)
        csv = self.folder / "history"
        self.assertEqual(self.state("history", fleet, "--out", csv).returncode, 0)
        self.assertIn(f"\n{imported[0]},imported,", (csv / "rounds.csv").read_text())
        self.assertRegex((csv / "tasks.csv").read_text(), r"\n1,0,0,0,included,")

    def wait_for_imports(self, fleet, count):
        until = time.monotonic() + 30 * SLOWER
        while time.monotonic() < until:
            self.models(fleet)
            if len(self.seen) == count:
                return sorted(self.seen)
            time.sleep(0.05)
        self.fail(f"{count} models were not imported: {self.seen} {max(self.models(fleet))}\n{fleet['cloud'].text()[-2000:]}")

    @plain_only
    def test_what_is_no_model_to_import(self):
        fleet = self.deploy(SLOW_ROUNDS)
        for arguments, said in ((("export", "out.brume"), "no state|no model is kept"), (("rollback", "1"), "no state")):
            result = self.state(arguments[0], fleet, *arguments[1:])
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, said)
        fleet.start()
        fleet.wait_for_round(1, 60 * SLOWER)
        nonsense = self.file("not a model", "nonsense.brume")
        self.assertEqual(self.state("import", fleet, nonsense).returncode, 2)
        result = self.state("rollback", fleet, "999999")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"no model of version 999999 \(kept: ")
        newest = max(self.models(fleet))
        fleet.stop()
        result = self.state("rollback", fleet, str(newest))
        self.assertEqual(result.returncode, 2)
        self.assertIn("is not running", result.stderr)

    @plain_only
    def test_a_backup_is_restored_and_nodes_go_on(self):
        fleet = self.deploy(SLOW_ROUNDS)
        fleet.start()
        fleet.wait_for_round(3, 60 * SLOWER)
        backup = self.folder / "backup.sqlite"
        self.assertEqual(self.state("backup", fleet, backup).returncode, 0)
        self.assertEqual(self.state("backup", fleet, backup).returncode, 2, "it would write over a backup")
        fleet.wait_for_round(len(fleet.rounds()) + 5, 60 * SLOWER)
        cloud = fleet["cloud"]
        cloud.kill()
        seen = max(self.models(fleet))
        cloud.state.rename(cloud.folder / "lost")
        # As it is, the copy is older than what nodes have worked for; it says so and what to do.
        self.assertEqual(self.state("restore", fleet, backup).returncode, 0)
        self.assertEqual(self.state("restore", fleet, backup).returncode, 2, "it would write over a state")
        cloud.start()
        cloud.wait_for("it is an older copy. 'brume state restore' with --version", 60 * SLOWER)
        cloud.kill()
        cloud.state.rename(cloud.folder / "older")
        self.assertEqual(self.state("restore", fleet, backup, "--version", str(seen)).returncode, 0)
        cloud.start()
        fleet.wait_for_round(seen + 3, 120 * SLOWER)
        until = time.monotonic() + 90 * SLOWER  # what was stored and lost is asked about
        while all(round["included"] < 4 for round in fleet.rounds(seen + 2)) and time.monotonic() < until:
            time.sleep(0.2)
        self.assertIn(4, [round["included"] for round in fleet.rounds(seen + 2)], fleet.last_words())
        damaged = self.folder / "damaged.sqlite"
        damaged.write_bytes(backup.read_bytes()[:5000])
        result = self.run_brume("state", "restore", "--state", self.folder / "new", damaged)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertFalse((self.folder / "new/state.sqlite").exists())


class Homes(DeployedTest):
    def test_a_device_moves_to_another_fog_node(self):
        # What the device was given before it moved nobody delivers: the deadline ends that round.
        fleet = self.deploy(FEDERATION + f"deadline: {2 * SLOWER} s\n")
        moving = fleet["device/0"]
        link = Link(fleet["fog/0"].port)
        self.addCleanup(link.close)
        moving.write(dial=[f"127.0.0.1:{link.port}", f"127.0.0.1:{fleet['fog/1'].port}"])
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        link.close()  # its own fog node is out of reach for ever
        moving.wait_for('connected parent="fog/1', 60 * SLOWER)
        at = len(fleet.rounds())
        fleet.wait_for_round(at + 3, 60 * SLOWER)
        # Its tasks count again, by way of the other one, and none counted twice.
        until = time.monotonic() + 60 * SLOWER
        while not self.included_since(fleet, at) and time.monotonic() < until:
            time.sleep(0.2)
        self.assertTrue(self.included_since(fleet, at), moving.text()[-2000:])
        fleet.stop()
        tasks = self.tasks(fleet)
        self.assertEqual(len(tasks), len(set(tasks)), "a task counted twice")
        told = [line for line in moving.text().splitlines() if "settled" in line and "outcome=included" in line]
        counted = [task for task in tasks if task[1] == "0"]
        # What counted the device was told, but for what was under way when all of it ended.
        self.assertGreaterEqual(len(told), len(counted) - 2)
        self.assertLessEqual(len(told), len(counted))

    def tasks(self, fleet):
        out = self.folder / "history"
        self.assertEqual(self.run_brume("state", "history", "--state", fleet["cloud"].state, "--out", out).returncode, 0)
        lines = [line.split(",") for line in (out / "tasks.csv").read_text().splitlines()[1:]]
        return [(line[1], line[2], line[3]) for line in lines if line[4] == "included"]

    def included_since(self, fleet, version):
        return any(device == "0" and int(base) > version for base, device, _ in self.tasks(fleet))


class Limits(DeployedTest):
    def sensors(self, device, celsius, percent, status):
        root = device.folder / "sys"
        for name, value in (("class/thermal/thermal_zone0/temp", celsius * 1000),
                            ("class/power_supply/BAT0/capacity", percent), ("class/power_supply/BAT0/status", status),
                            ("class/power_supply/BAT0/type", "Battery")):
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_name("partial")
            partial.write_text(f"{value}\n")
            os.replace(partial, file)
        return str(root)

    def test_training_pauses_and_goes_on(self):
        fleet = self.deploy()
        device = fleet["device/0"]
        root = self.sensors(device, 90, 80, "Discharging")
        device.write(limits=fleet.limits | {"temperature": 70, "battery": 0.3, "sensors": root})
        fleet.start()
        device.wait_for('training pauses why="90 C, the limit is 70', 60 * SLOWER)
        self.assertIn("90 C", device.status()["paused"])
        self.assertEqual(fleet.rounds(), [])
        self.sensors(device, 68, 80, "Discharging")  # not cool enough to go on
        time.sleep(2.5)
        self.assertEqual(fleet.rounds(), [])
        self.sensors(device, 60, 80, "Discharging")
        fleet.wait_for_round(2, 60 * SLOWER)
        self.sensors(device, 60, 20, "Discharging")
        device.wait_for('training pauses why="battery at 20 %, the limit is 30', 60 * SLOWER)
        self.sensors(device, 60, 20, "Charging")
        fleet.wait_for_round(len(fleet.rounds()) + 2, 60 * SLOWER)

    @plain_only
    def test_a_task_that_takes_too_much_memory_fails_alone(self):
        fleet = self.deploy()
        device = fleet["device/0"]
        device.write(limits=fleet.limits | {"memory": "1 MB"})
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        self.assertEqual(fleet.rounds(2)[0]["failed"], 1)
        self.assertIn("of memory, the device's limit is 1.00 MB", json.dumps(fleet.rounds(1)))
        self.assertTrue(device.running())


if __name__ == "__main__":
    unittest.main()
