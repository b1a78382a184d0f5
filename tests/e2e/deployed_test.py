"""The deployed programs: `brume up`, certificates, control, and what goes wrong around them."""
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import unittest
from pathlib import Path

from deployed_support import FEDERATION, PROGRAM, PROGRAMS, SLOWER, DeployedTest, free_port, plain_only
from support import BRUME, ProgramTest


class Up(ProgramTest):
    def up(self, file, *arguments):
        out = self.folder / f"up{len(list(self.folder.iterdir()))}"
        result = self.run_brume("up", file, "--out", out, "--json", *arguments, timeout=500)
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout.splitlines()[-1])
        for name in ("federation.yaml", "resolved.yaml", "rounds.csv", "summary.json", "model.brume", "report.html"):
            self.assertTrue((out / name).is_file(), name)
        return summary

    def test_gives_the_model_of_the_simulation(self):
        file = self.file(FEDERATION)
        short = ("--set", "federation.rounds=5", "--set", "evaluation.every=2")
        up = self.up(file, "--reproducible", *short)
        simulated = self.simulate(file, *short)
        self.assertEqual(up["parameters_sha256"], simulated["parameters_sha256"])
        self.assertEqual(up["metrics"], simulated["metrics"])
        self.assertEqual(up["updates"], simulated["updates"])
        # What was sent is what is simulated, plus the sessions' own.
        self.assertGreater(up["bytes"]["device_up"], simulated["bytes"]["device_up"])

    def test_gives_it_with_states_broadcasts_and_a_plugin(self):
        plugin = Path(os.environ["BRUME_PLUGINS"]) / "misbehaving.so"
        for algorithm in ("scaffold", "plugin_mean"):
            file = self.file(f"plugins: [{{path: {plugin}}}]\n" + FEDERATION)
            short = ("--set", "federation.rounds=3", "--set", f"algorithm={algorithm}")
            up = self.up(file, "--reproducible", *short)
            self.assertEqual(up["updates"]["refused"] + up["updates"]["failed"], 0)
            self.assertEqual(up["parameters_sha256"], self.simulate(file, *short)["parameters_sha256"], algorithm)

    def test_gives_it_with_changes_of_the_model(self):
        """Devices and fog nodes have histories of their own; a simulation's share one."""
        file = self.file(FEDERATION)
        short = ("--set", "federation.rounds=4", "--set", "uplink=[{dither: {step: 3}}, entropy]", "--set",
                 "downlink={chain: [{tcq: {step: 1}}, entropy], changes: [{global_top_k: {fraction: 0.2}}, half]}")
        up = self.up(file, "--reproducible", *short)
        self.assertEqual(up["updates"]["refused"] + up["updates"]["failed"], 0)
        simulated = self.simulate(file, *short)
        self.assertEqual(up["parameters_sha256"], simulated["parameters_sha256"])

    @plain_only
    def test_takes_the_times_of_the_profiles(self):
        file = self.file(FEDERATION.replace("profile: raspberry-pi-4", "profile: {peak: 100 TFLOP/s, start_up: 1500 ms}"))
        up = self.up(file, "--profile-pace", "--set", "federation.rounds=2")
        simulated = self.simulate(file, "--set", "federation.rounds=2")
        self.assertGreater(up["virtual_seconds"], 3)
        self.assertGreaterEqual(up["virtual_seconds"], simulated["virtual_seconds"] - 0.05)

    @plain_only
    def test_selects_by_a_secret(self):
        file = self.file(FEDERATION.replace("cohort: 4", "cohort: 1"))
        short = ("--set", "federation.rounds=8")
        models = {self.up(file, *short)["parameters_sha256"] for _ in range(2)}
        self.assertEqual(len(models), 2, "sixteen selections were the same")

    @plain_only
    def test_says_what_it_cannot_do(self):
        result = self.run_brume("up", self.file(FEDERATION), "--set", "topology.devices.0.count=1000000")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"1000000 client processes need about .*--devices \d+")

    def test_stops_cleanly_when_interrupted(self):
        process = subprocess.Popen([BRUME, "up", self.file(FEDERATION), "--out", self.folder / "out"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if line.startswith("round"):
                break
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("interrupted", out)
        self.assertTrue((self.folder / "out/model.brume").is_file())
        self.assertEqual(subprocess.run(["pgrep", "-f", "brume-up-"], capture_output=True).stdout, b"")


class Deployed(DeployedTest):
    def test_a_life(self):
        fleet = self.deploy()
        device = fleet["device/1"]
        device.write(model_dir="models", on_model=f"echo $BRUME_MODEL_VERSION >> {device.folder}/versions")
        port = free_port()
        fleet["cloud"].write(monitoring=f"127.0.0.1:{port}")
        fleet.start()
        fleet.wait_for_round(3, 60 * SLOWER)
        # Control and monitoring.
        status = self.run_brume("status", "--state", fleet["fog/0"].state)
        self.assertRegex(status.stdout, r"parent +cloud\n")
        for target, answer in (("healthz", "ok"), ("readyz", "ready"), ("metrics", "brume_updates_included_total ")):
            self.assertIn(answer, subprocess.run(["python3", "-c", "import sys, urllib.request; print("
                                                  "urllib.request.urlopen(sys.argv[1]).read().decode())",
                                                  f"http://127.0.0.1:{port}/{target}"], capture_output=True, text=True).stdout)
        # The newest model stands where the device's own program finds it.
        self.assertTrue((device.folder / "models/current").is_file())
        self.assertIn("1", (device.folder / "versions").read_text().split())
        # A node that is stopped and comes back goes on; the federation never notices for long.
        self.assertEqual(self.run_brume("drain", "--state", fleet["fog/1"].state).returncode, 0)
        self.assertEqual(fleet["fog/1"].process.wait(30), 0)
        fleet["fog/1"].start()
        latest = fleet.rounds()[-1]["round"]
        fleet.wait_for_round(latest + 3, 60 * SLOWER)
        fleet.stop()
        for node in fleet.nodes.values():
            self.assertEqual(node.process.returncode, 0, node.text()[-1000:])

    def test_a_revoked_device_is_out(self):
        fleet = self.deploy()
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        fleet.pki("revoke", fleet.folder / "pki", "device/2")
        started = time.monotonic()
        self.assertEqual(fleet["device/2"].process.wait(60), 2)
        print(f"out after {time.monotonic() - started:.1f} s")
        self.assertIn("the certificate is revoked", fleet["device/2"].text())
        code, text = self.run_node(fleet["device/2"])  # in vain
        self.assertEqual(code, 2)
        self.assertIn("the certificate of device/2 is revoked", fleet["fog/0"].text())

    def test_certificates_are_renewed_in_mid_round(self):
        fleet = self.deploy()
        fleet["cloud"].write(issuer={"authority": "../pki", "days": 30})
        for node in fleet.nodes.values():  # more than half of an hour and a half is over: it began an hour ago
            fleet.pki("issue", fleet.folder / "pki", node.name, "--name", "node", "--days", "0.02", "--out", node.folder)
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        for node in fleet.nodes.values():
            node.wait_for("certificate renewed", 60 * SLOWER)
            self.assertEqual(node.text().count("certificate renewed"), 1, node.text()[-1500:])
            shown = self.run_brume("pki", "show", node.state / "identity.pem").stdout
            self.assertIn(f"node        {node.name}\n", shown)
            self.assertEqual((node.state / "identity.pem").stat().st_mode & 0o77, 0)
        latest = fleet.rounds()[-1]["round"]
        fleet.stop()  # with what was renewed they come back, also when the first certificates are gone
        for node in fleet.nodes.values():
            (node.folder / "node.pem").unlink()
            node.start()
        fleet.wait_for_round(latest + 3, 60 * SLOWER)
        for round in fleet.rounds():
            self.assertEqual(round["failed"] + round["refused"] + round["late"], 0, round)

    def test_a_device_enrols_once(self):
        fleet = self.deploy()
        fleet["cloud"].write(issuer={"authority": "../pki"})
        device, thief = fleet["device/1"], fleet["device/3"]  # below the same fog node
        for node in (device, thief):
            for name in ("node.pem", "node.key"):
                (node.folder / name).unlink()
            node.write(token="token")
        made = self.run_brume("pki", "token", fleet.folder / "pki", "device/1").stdout
        for node in (device, thief):
            (node.folder / "token").write_text(made)
        for node in fleet.nodes.values():
            if node is not thief:
                node.start()
        device.wait_for("info enrolled", 60 * SLOWER)
        self.assertIn("node        device/1\n", self.run_brume("pki", "show", device.state / "identity.pem").stdout)
        code, text = self.run_node(thief)
        self.assertEqual(code, 2, text)
        self.assertIn("the token has been used", text)
        for changed, said in ((made.replace("device/1", "device/3"), "was not made by this fleet's authority"),
                              ("rubbish", "this is no token")):
            (thief.folder / "token").write_text(changed)
            code, text = self.run_node(thief)
            self.assertEqual(code, 2, text)
            self.assertIn(said, text)
        (thief.folder / "token").write_text(self.run_brume("pki", "token", fleet.folder / "pki", "device/3").stdout)
        thief.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        # A token stays used when the aggregator comes back.
        fleet["cloud"].kill()
        fleet["cloud"].start()
        thief.kill()
        (thief.state / "identity.pem").unlink()
        (thief.folder / "token").write_text(made)
        code, text = self.run_node(thief)
        self.assertEqual(code, 2, text)
        self.assertIn("the token has been used", text)

    def test_what_is_no_peer(self):
        fleet = self.deploy()
        fleet["cloud"].start()
        cloud = fleet["cloud"]
        cloud.wait_for("listening")
        with socket.create_connection(("127.0.0.1", cloud.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            plain.settimeout(20)
            try:
                self.assertNotIn(b"HTTP", plain.recv(1000))
            except ConnectionResetError:
                pass
        context = ssl.create_default_context(cafile=str(fleet.folder / "pki/root.pem"))
        context.check_hostname = False
        with socket.create_connection(("127.0.0.1", cloud.port)) as raw, context.wrap_socket(raw) as nobody:
            nobody.sendall(b"\x00\x07\x00\x00" + b"\x82\x01\x04\x08\x01\x10\x01")  # a Hello
            nobody.settimeout(20)
            self.assertIn(b"without a certificate a node can only enrol", nobody.recv(1000))
        cloud.wait_for("does not speak TLS", 20)
        # A device has no place directly below this aggregator.
        device = fleet["device/0"]
        device.write(dial=[f"127.0.0.1:{cloud.port}"])
        code, text = self.run_node(device)
        self.assertEqual(code, 2)
        self.assertIn("device/0 has no place directly below the aggregator", text)

    @plain_only
    def test_certificates_for_another_role(self):
        fleet = self.deploy()
        for name, other, said in (("fog/0", "device/0", "the certificate is not a fog node's"),
                                  ("device/0", "fog/0", "the certificate is not a device's")):
            node = fleet[name]
            node.write(certificates=node.settings["certificates"] | {
                "certificate": str(fleet[other].folder / "node.pem"), "key": str(fleet[other].folder / "node.key")})
            code, text = self.run_node(node)
            self.assertEqual(code, 2, text)
            self.assertIn(said, text)

    @plain_only
    def test_wrong_places(self):
        fleet = self.deploy()
        cloud = fleet["cloud"]
        cloud.start()
        cloud.wait_for("listening")
        code, text = self.run_node(cloud)
        self.assertEqual(code, 2)
        self.assertIn("another process works on the state folder", text)
        other = fleet["fog/0"]
        other.write(listen=f"127.0.0.1:{cloud.port}")
        code, text = self.run_node(other)
        self.assertEqual(code, 2)
        self.assertIn(f"cannot listen on 127.0.0.1:{cloud.port}", text)
        for setting, said in (("nowhere", "'nowhere' is no address"), ("host:99999", "is no address")):
            other.write(listen=setting)
            code, text = self.run_node(other)
            self.assertEqual(code, 2)
            self.assertIn(said, text)
        device = fleet["device/0"]
        device.write(dial=[f"127.0.0.1:{free_port()}"])
        device.start()
        device.wait_for("parent not reached", 60 * SLOWER)
        device.kill(signal.SIGTERM)
        self.assertEqual(device.process.returncode, 0)
        self.assertRegex(device.text(), r"parent not reached .*Connection refused")

    @plain_only
    def test_a_changed_federation_is_refused(self):
        fleet = self.deploy()
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        fleet.stop()
        fleet.file.write_text(FEDERATION.replace("learning_rate: 0.05", "learning_rate: 0.5"))
        code, text = self.run_node(fleet["cloud"])
        self.assertEqual(code, 2)
        self.assertIn("describes another federation than the state in", text)
        self.assertIn("'learning_rate: 0.5' was 'learning_rate: 0.05'", text)
        fleet.file.write_text(FEDERATION.replace("rounds: 1000000", "rounds: 2000000"))  # that may change
        fleet["cloud"].start()
        fleet.wait_for_round(2, 60 * SLOWER)

    @plain_only
    def test_a_read_only_state_folder(self):
        fleet = self.deploy()
        cloud = fleet["cloud"]
        cloud.write(state="/proc/nowhere")
        code, text = self.run_node(cloud)
        self.assertEqual(code, 2)
        self.assertRegex(text, "state folder /proc/nowhere cannot be written")

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small disk needs root")
    def test_a_full_disk(self):
        fleet = self.deploy()
        cloud = fleet["cloud"]
        if not cloud.mount_small_disk(self, 16):
            self.skipTest("cannot mount a small disk")
        fleet.start()
        fleet.wait_for_round(2, 60 * SLOWER)
        cloud.fill_disk()
        self.assertEqual(cloud.process.wait(60), 1)
        self.assertIn("cannot store what was promised", cloud.text())
        self.assertIn("the disk is full", cloud.text())
        cloud.empty_disk()
        latest = max(int(n) for n in re.findall(r" round round=(\d+)", cloud.text()))
        cloud.start()
        fleet.wait_for_round(latest + 2, 60 * SLOWER)

    @plain_only
    def test_pki_says_what_is_wrong(self):
        pki = self.folder / "pki"
        self.assertEqual(self.run_brume("pki", "issue", pki, "device/1").returncode, 2)
        self.assertEqual(self.run_brume("pki", "init", pki, "--name", "fleet").returncode, 0)
        again = self.run_brume("pki", "init", pki, "--name", "fleet")
        self.assertEqual(again.returncode, 2)
        self.assertIn("has an authority already", again.stderr)
        for node, said in (("devise/1", "'devise/1' is no node"), ("device/x", "is no node")):
            self.assertIn(said, self.run_brume("pki", "issue", pki, node).stderr)
        self.assertIn("at most 30 days", self.run_brume("pki", "issue", pki, "device/1", "--days", "365").stderr)
        self.assertEqual(self.run_brume("pki", "issue", pki, "device/1").returncode, 0)
        self.assertRegex(self.run_brume("pki", "show", pki).stdout, r"device/1 +device-1 .* valid")
        self.assertRegex(self.run_brume("pki", "show", self.folder / "device-1.pem").stdout, r"node +device/1")
        self.assertIn("no certificate of device/7 is valid", self.run_brume("pki", "revoke", pki, "device/7").stderr)
        self.assertEqual(self.run_brume("pki", "revoke", pki, "device/1").returncode, 0)
        self.assertIn("revoked", self.run_brume("pki", "show", pki).stdout)

    @plain_only
    def test_control_of_nobody(self):
        result = self.run_brume("status", "--state", self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("nobody answers", result.stderr)
        self.assertEqual(self.run_brume("stop", "--state", self.folder / "nowhere").returncode, 2)


if __name__ == "__main__":
    unittest.main()
