"""Networks, devices and energy through the program, with surrogate training: no LibTorch is needed."""
import csv
import json
import unittest

from support import ROOT, SANITIZED, ProgramTest

CITY = ROOT / "configs/lte-city.yaml"
FLEET = """federation: {name: small, seed: 4, rounds: 4}
model: {surrogate: {parameters: 100000, forward_flops: 1000000}}
data: {name: surrogate, examples: 50, deviation: 0.5}
selection: {uniform: {cohort: 10}}
topology:
  cloud: {link: {up: 50 Mbit/s, down: 50 Mbit/s}}
  fog: []
  devices:
    - {count: 30, profile: raspberry-pi-4, link: wifi}
    - {count: 20, profile: jetson-nano, link: lte}
"""


class Simulator(ProgramTest):
    def changed(self, old, new, text=FLEET):
        self.assertIn(old, text)
        return text.replace(old, new)

    def refused(self, text, *expected):
        result = self.run_brume("check", self.file(text))
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        for part in expected:
            self.assertIn(part, result.stderr)

    # ---- Shipped

    def test_lte_city(self):
        devices = 5000 if SANITIZED else 1_000_000
        summary = self.simulate(CITY, "--devices", devices, "--set", "federation.rounds=20")
        self.assertEqual(summary["rounds"], 20)
        self.assertGreater(summary["metrics"]["accuracy"], 0.5)
        self.assertGreater(summary["updates"]["included"], 0)
        self.assertGreater(summary["energy_joules"]["radio"], 0)
        if not SANITIZED:
            self.assertLess(summary["peak_rss_bytes"], 1e9)

    # ---- What a run says

    def test_the_same_bits_again(self):
        file = self.file(FLEET)
        a, b = self.simulate(file), self.simulate(file, "--workers", 4)
        self.assertEqual(a["events_sha256"], b["events_sha256"])
        self.assertEqual(a["parameters_sha256"], b["parameters_sha256"])

    def test_energy_by_device_class_round_and_state(self):
        summary = self.simulate(self.file(FLEET))
        states = ["compute", "idle", "sleep", "transmit", "receive"]
        with open(summary["folder"] / "energy.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 4 * 2 * len(states))
        for one in summary["devices"]:
            total = sum(one["states"][state]["seconds"] for state in ("compute", "idle", "sleep"))
            self.assertAlmostEqual(total, one["count"] * summary["virtual_seconds"], delta=1e-6 * total)
            self.assertTrue(one["timing"].startswith("roofline: "), one["timing"])
            of_class = [row for row in rows if row["devices"] == one["name"] and row["state"] == "compute"]
            joules = [float(row["joules"]) for row in of_class]
            self.assertEqual(joules, sorted(joules))
        energy = summary["energy_joules"]
        radio = sum(one["states"][s]["joules"] for one in summary["devices"] for s in ("transmit", "receive"))
        self.assertAlmostEqual(energy["radio"], radio, delta=1e-9 * radio)

    def test_declared_sizes_are_what_travels(self):
        plain = self.simulate(self.file(FLEET))
        self.assertGreater(plain["bytes"]["device_up"], 40 * 400_000)
        self.assertLess(plain["bytes"]["device_up"], 40 * 401_000)
        text = self.changed("forward_flops: 1000000", "forward_flops: 1000000, update_sizes: [{version: 0, size: 100 kB}, "
                            "{version: 2, size: 10 kB}]")
        curve = self.simulate(self.file(text))
        self.assertGreater(curve["bytes"]["device_up"], 20 * 100_000 + 20 * 10_000)
        self.assertLess(curve["bytes"]["device_up"], 20 * 101_000 + 20 * 11_000)
        self.assertLess(curve["virtual_seconds"], plain["virtual_seconds"])

    def test_gateways_that_only_pass_on_cost_time_and_change_nothing_else(self):
        flat = self.simulate(self.file(FLEET))
        gateways = "fog: [{count: 2, aggregates: false, link: {up: 5 Mbit/s, down: 5 Mbit/s, latency: 10 ms}}]"
        relayed = self.simulate(self.file(self.changed("fog: []", gateways)))
        self.assertEqual(relayed["parameters_sha256"], flat["parameters_sha256"])
        for direction, size in flat["bytes"].items():  # but for verdicts on their way when the last round ends
            self.assertAlmostEqual(relayed["bytes"][direction], size, delta=1000)
        # 50 models of 400 kB down and as many up through two links of 5 Mbit/s
        self.assertGreater(relayed["virtual_seconds"], 2 * 40 * 400_000 * 8 / (2 * 5e6))
        fog = self.simulate(self.file(self.changed("fog: []", gateways.replace("false", "true"))))
        self.assertEqual(fog["parameters_sha256"], flat["parameters_sha256"])
        self.assertGreater(fog["bytes"]["fog_up"], 0)

    # ---- Time line

    def trace(self, *arguments, text=FLEET):
        path = self.folder / "trace.json"
        self.simulate(self.file(text), "--trace", path, *arguments)
        return json.loads(path.read_text())

    def test_a_time_line_opens_in_perfetto(self):
        events = self.trace(text=self.changed("fog: []", "fog: [{count: 3, link: ethernet}]"))
        spans = [event for event in events if event["ph"] == "X"]
        names = {event["args"]["name"] for event in events if event["ph"] == "M"}
        self.assertTrue({"cloud", "devices", "fog nodes", "rounds"} <= names, names)
        self.assertTrue({"train", "task", "update", "partial", "round 4"} <= {event["name"] for event in spans})
        self.assertTrue(any(name.endswith(" up") for name in names))
        tracks = {}
        for event in spans:
            self.assertGreaterEqual(event["dur"], 0)
            tracks.setdefault((event["pid"], event["tid"]), []).append((event["ts"], event["ts"] + event["dur"]))
        for times in tracks.values():
            times.sort()
            for (_, end), (start, _) in zip(times, times[1:]):
                self.assertLessEqual(end, start + 1e-3)  # microseconds
        trained = sum(event["name"] == "train" for event in spans)
        self.assertEqual(trained, 40)

    def test_a_time_line_of_one_run_only(self):
        result = self.run_brume("simulate", self.file(FLEET), "--seed", "1..2", "--trace", "t.json")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--trace draws one run", result.stderr)

    def test_a_time_line_replaces_nothing_but_files(self):
        (self.folder / "folder").mkdir()
        for target, message in (("folder", "it is a folder"), ("/dev/null", "it is no file"), ("", "name of a file")):
            result = self.run_brume("simulate", self.file(FLEET), f"--trace={target}" if target else "--trace=")
            self.assertNotEqual(result.returncode, 0, target)
            self.assertTrue(message in result.stderr or not target, result.stderr)
        self.assertEqual(list(self.folder.glob("*.partial")), [])
        self.simulate(self.file(FLEET))

    def test_a_time_line_in_the_runs_own_folder(self):
        result = self.run_brume("simulate", self.file(FLEET), "--out", "run", "--trace", "run/t.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        json.loads((self.folder / "run/t.json").read_text())

    def test_a_time_line_that_cannot_be_written(self):
        result = self.run_brume("simulate", self.file(FLEET), "--trace", "nowhere/t.json", "--out", "run")
        self.assertEqual(result.returncode, 2)
        self.assertIn("cannot write to nowhere/t.json: its folder is not there", result.stderr)
        self.assertFalse((self.folder / "run").exists())

    # ---- Bad input

    def test_capacities_above_zero(self):
        for bad in ("0 bit/s", "-3 Mbit/s"):
            self.refused(self.changed("up: 50 Mbit/s", f"up: {bad}"), "fleet.yaml:6:22: 'up' must be above")
        cell = "fog: [{count: 2, link: wifi, cell: {up: 0 bit/s, down: 1 Mbit/s}}]"
        self.refused(self.changed("fog: []", cell), "fleet.yaml:7:", "'up' must be above")
        self.refused(self.changed("link: wifi", "link: {wifi: {goodput: 0}}"), "'goodput' must be above 0")
        self.refused(self.changed("link: wifi", "link: {wifi: {duty_cycle: 1.5}}"), "'duty_cycle' must be")

    def test_tiers_that_lead_to_themselves(self):
        self.refused(self.changed("fog: []", "fog: &tiers [*tiers]"), "fleet.yaml:7:")

    def test_unknown_presets(self):
        self.refused(self.changed("link: lte", "link: ltee"), "unknown link preset 'ltee'; did you mean 'lte'?")
        self.refused(self.changed("profile: jetson-nano", "profile: jetson"), "unknown device preset 'jetson'")
        fog = "fog: [{count: 2, link: wifi, cell: wify-cell}]"
        self.refused(self.changed("fog: []", fog), "unknown cell preset 'wify-cell'; did you mean 'wifi-cell'?")

    def test_a_profile_without_power_for_a_state(self):
        own = "profile: {peak: 1 GFLOP/s, power: {compute: 5 W, idle: 1 W}}"
        self.refused(self.changed("profile: raspberry-pi-4", own), "fleet.yaml:9:", "for every state", "missing: sleep")
        self.refused(self.changed("link: wifi", "link: {up: 1 Mbit/s, down: 1 Mbit/s, transmit_power: 1 W}"),
                     "for sending and for receiving or for neither")

    def test_what_no_deadline_lets_through(self):
        text = self.changed("parameters: 100000", "parameters: 50000000").replace("link: lte", "link: nb-iot")
        self.refused(text + "deadline: 1 min\n", "fleet.yaml:10:", "these devices can never take part",
                     "200 MB × 8 / (26 kbit/s × 0.94) = 18 h 11 min", "the deadline is 60.0 s")
        lora = self.changed("link: lte", "link: lorawan-dr5")
        self.refused(lora + "deadline: 1 h\n", "in LoRaWAN frames", "at DR5 / 0.01 of the time")

    def test_what_a_tier_does_not_let_through(self):
        text = self.changed("parameters: 100000", "parameters: 50000000") + "deadline: 10 min\n"
        for tier in ("{count: 2, link: nb-iot}", "{count: 2, aggregates: false, link: nb-iot}",
                     "{count: 2, link: ethernet, deadline: 1 s}", "{count: 2, link: ethernet, cell: {up: 9 kbit/s, down: 9 kbit/s}}"):
            self.refused(text.replace("fog: []", f"fog: [{tier}]"), "fleet.yaml:9:", "these devices can never take part")
        self.refused(text.replace("up: 50 Mbit/s", "up: 1 Mbit/s"), "on what is shared", "the deadline is 10 min 00 s")

    def test_what_takes_longer_than_time_has(self):
        self.refused(self.changed("link: wifi", "link: {up: 1 Mbit/s, down: 0.000001 bit/s}"), "virtual time has at most")
        self.refused(self.changed("forward_flops: 1000000", "forward_flops: 1.0e+300"), "more than a hundred years")
        self.refused(self.changed("forward_flops: 1000000", "forward_flops: 1000000, update_size: 10000000000 TB"),
                     "'update_size' must be between 1 B and 1000 TB")

    def test_too_little_memory(self):
        self.refused(self.changed("profile: jetson-nano", "profile: stm32h7a3"), "fleet.yaml:10:", "a task needs 2.00 MB",
                     "of weights", "these devices have 1.40 MB")

    def test_cells_that_cannot_be(self):
        def tier(text):
            return self.changed("fog: []", f"fog: [{text}]")
        self.refused(tier("{count: 2, link: wifi, cell: {up: 1 Mbit/s}}"), "a shared link needs both 'up' and 'down'")
        self.refused(tier("{count: 2, link: wifi, cell: {airtime: 1, up: 1 Mbit/s, down: 1 Mbit/s}}"),
                     "either airtime or rates")
        self.refused(tier("{count: 2, link: wifi, cell: {half_duplex: true}}"), "give its airtime")
        self.refused(tier("{count: 2, link: wifi, cell: wifi-cell}, {count: 4, aggregates: false, link: wifi}"),
                     "a radio cell serves devices")
        self.refused(tier("{count: 2, aggregates: false, link: wifi, deadline: 3 s}"), "only nodes that aggregate")

    def test_surrogates_that_cannot_be(self):
        self.refused(FLEET + "uplink: [{quantize: {bits: 4}}]\n", "model 'surrogate' declares the sizes")
        text = self.changed("forward_flops: 1000000", "forward_flops: 1000000, curve: [{progress: 5, loss: 1}, {progress: 1, loss: 2}]")
        self.refused(text, "needs points in ascending order")
        text = self.changed("forward_flops: 1000000", "forward_flops: 1000000, update_sizes: [{version: 5, size: 1 kB}, {version: 2, size: 2 kB}]")
        self.refused(text, "ascending order of their versions")
        text = self.changed("examples: 50, deviation: 0.5", "partition: {dirichlet: {alpha: 1}}")
        self.refused(text, "fleet.yaml:3:")

    def test_lorawan_frames_are_not_those_of_shared_links(self):
        gateway = "fog: [{count: 2, aggregates: false, link: lorawan-dr5}]"
        self.refused(self.changed("fog: []", gateway), "not those of a link that others share")

    def test_groups_of_one_name(self):
        text = self.changed("link: lte}", "link: lte, name: 'a, \"b\"'}")
        summary = self.simulate(self.file(text))
        with open(summary["folder"] / "energy.csv", encoding="utf-8") as file:
            self.assertIn('a, "b"', {row["devices"] for row in csv.DictReader(file)})
        text = self.changed("link: lte}", "link: lte, name: a}").replace("link: wifi}", "link: wifi, name: a}")
        self.refused(text, "two groups of devices are named 'a'")
        text = self.changed("jetson-nano, link: lte", "raspberry-pi-4, link: {wifi: {latency: 1 s}}")
        names = [one["name"] for one in self.simulate(self.file(text))["devices"]]
        self.assertEqual(names, ["raspberry-pi-4 on wifi", "raspberry-pi-4 on wifi #2"])

    def test_energy_without_powers_is_not_known(self):
        text = self.changed("profile: jetson-nano, link: lte", "profile: {peak: 1 GFLOP/s}, link: {up: 1 Mbit/s, down: 1 Mbit/s}")
        result = self.run_brume("check", self.file(text))
        self.assertIn("not counted: device and radio", result.stdout)
        states = self.simulate(self.file(text))["devices"][1]["states"]
        self.assertIsNone(states["compute"]["joules"])
        self.assertIsNone(states["receive"]["joules"])
        self.assertGreater(states["compute"]["seconds"], 0)

    def test_timings_that_are_not_there(self):
        self.refused(self.changed("profile: raspberry-pi-4", "profile: {raspberry-pi-4: {timings: t.yaml}}"),
                     "fleet.yaml:9:", "cannot read", "t.yaml")


if __name__ == "__main__":
    unittest.main()
