"""The commands around a simulation: check, explain, schema, list, progress, Ctrl-C, several seeds, completions."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
import unittest
from xml.etree import ElementTree

from support import BRUME, FLEET, ROOT, SANITIZED, ProgramTest, write_sensor_csv

COMMANDS = ["simulate", "up", "check", "explain", "schema", "list", "bench", "status", "stop", "drain", "state", "pki", "model",
            "data", "codec"]


class CommandLine(ProgramTest):
    def test_check_estimates(self):
        result = self.run_brume("check", self.file(FLEET))
        self.assertEqual(result.returncode, 0, result.stderr)
        for word in ("is valid", "610 parameters", "virtual time", "in an aggregator", "in a simulation", "a round"):
            self.assertIn(word, result.stdout)

    def test_explain_names_places(self):
        result = self.run_brume("explain", self.file(FLEET), "--set", "federation.rounds=9")
        self.assertRegex(result.stdout, r"federation.rounds +9 +# --set federation.rounds=9")
        self.assertRegex(result.stdout, r"federation.seed +4 +# .*fleet.yaml:1:33")
        self.assertRegex(result.stdout, r"training.epochs +1 +# default")

    def test_model_init_is_where_a_run_starts(self):
        fleet = self.file(FLEET)
        model = self.folder / "start.brume"
        self.assertEqual(self.run_brume("model", "init", fleet, "--out", model).returncode, 0)
        plain = self.simulate(fleet, "--set", "federation.rounds=1")
        from_file = self.simulate(fleet, "--set", "federation.rounds=1", "--set", f"start.file={model}")
        self.assertEqual(plain["parameters_sha256"], from_file["parameters_sha256"])
        self.assertIn("610 numbers", self.run_brume("model", "inspect", model).stdout)
        wrong = self.run_brume("simulate", fleet, "--set", "model=mlp", "--set", f"start.file={model}")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("it has 610 parameters in 2 tensors", wrong.stderr)

    def test_model_inspect_shows_layers_and_memory(self):
        result = self.run_brume("model", "inspect", self.file(FLEET), "--set", "model=mlp")
        self.assertRegex(result.stdout, r"hidden1 +Linear +200 +12,200 ")
        self.assertIn("of activations", result.stdout)
        facts = json.loads(self.run_brume("model", "inspect", self.file(FLEET), "--json").stdout)
        self.assertEqual(facts["parameters"], 610)
        self.assertEqual(facts["layers"][-1]["flops"], 2 * 60 * 10)

    def test_data_inspect_shows_devices(self):
        picture = self.folder / "data.svg"
        result = self.run_brume("data", "inspect", self.file(FLEET), "--show", "3", "--svg", picture)
        self.assertIn("classification, 10 classes", result.stdout)
        self.assertRegex(result.stdout, r"examples +[\d,]+ on 100 devices, 200 for tests")
        self.assertTrue(picture.read_text().startswith("<svg"))
        facts = json.loads(self.run_brume("data", "inspect", self.file(FLEET), "--show", "3", "--json").stdout)
        self.assertEqual([one["device"] for one in facts["devices"]], [0, 33, 66])
        self.assertEqual(sum(facts["devices"][0]["by_class"]), facts["devices"][0]["examples"])

    def test_codec_bench_measures(self):
        model = self.folder / "start.brume"
        self.run_brume("model", "init", self.file(FLEET), "--out", model)
        for source in ("laplace", model):
            result = self.run_brume("codec", "bench", "--codec", "[sign]", "--codec", "[{tcq: {step: 0.5}}, entropy]", "--input", source,
                                    "--elements", "20000", "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            chains = json.loads(result.stdout)["chains"]
            self.assertEqual([c["chain"] for c in chains], ["[sign]", "[{tcq: {step: 0.5}}, entropy]"])
            self.assertLess(chains[1]["nmse"], chains[0]["nmse"])
        self.assertIn("Shannon", self.run_brume("codec", "bench", "--elements", "1000", "--codec", "[]").stdout)
        for arguments, problem in ((["--codec", "[sgn]"], "did you mean 'sign'"), (["--input", "nowhere"], "neither a file nor one of gaussian"),
                                   (["--codec", "[entropy, sign]"], "nothing follows an entropy coder")):
            refused = self.run_brume("codec", "bench", *arguments)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(problem, refused.stderr)

    def test_codec_plot_draws(self):
        picture = self.folder / "codecs.svg"
        result = self.run_brume("codec", "plot", "--input", "laplace", "--elements", "5000", "--codec", "[sign]", "--out", picture)
        self.assertEqual(result.returncode, 0, result.stderr)
        root = ElementTree.parse(picture).getroot()
        texts = [node.text for node in root.iter() if node.tag.endswith("text")]
        for name in ("Shannon's bound", "tcq", "eden, least error", "[sign]"):
            self.assertIn(name, texts)
        self.assertGreater(len([node for node in root.iter() if node.tag.endswith("circle")]), 40)
        self.assertEqual(self.run_brume("codec", "plot", "--codec", "[sgn]").returncode, 2)

    def test_list_names_everything(self):
        for kind, name in (("algorithms", "fedprox"), ("codecs", "quantize"), ("models", "cnn_small"),
                           ("datasets", "fashion-mnist"), ("partitions", "dirichlet"), ("devices", "jetson-orin-nano"),
                           ("links", "lte"), ("selections", "uniform"), ("optimizers", "sgd")):
            result = self.run_brume("list", kind)
            self.assertIn(name, result.stdout)
            rows = json.loads(self.run_brume("list", kind, "--json").stdout)
            self.assertTrue(all(row["source"] for row in rows))

    def test_help_teaches(self):
        text = self.run_brume("--help").stdout
        for word in COMMANDS + ["Exit codes", "fashion-fog.yaml"]:
            self.assertIn(word, text)
        for command in COMMANDS:
            self.assertEqual(self.run_brume(command, "--help").returncode, 0)

    def test_completions_know_every_command_and_option(self):
        for name in ("brume.bash", "_brume"):
            text = (ROOT / "cli/completions" / name).read_text()
            for command in COMMANDS:
                self.assertIn(command, text)
                for option in re.findall(r"(--[a-z][a-z-]*)", self.run_brume(command, "--help").stdout):
                    self.assertIn(option, text, f"{name} lacks {option} of {command}")

    def test_bash_completion_completes(self):
        script = ROOT / "cli/completions/brume.bash"
        code = f"source {script}; COMP_WORDS=(brume sim); COMP_CWORD=1; _brume; echo ${{COMPREPLY[@]}}"
        self.assertIn("simulate", subprocess.run(["bash", "-c", code], capture_output=True, text=True).stdout)

    def test_the_resolved_file_runs_to_the_same_model(self):
        first = self.simulate(self.file(FLEET))
        second = self.simulate(first["folder"] / "resolved.yaml")
        self.assertEqual(first["parameters_sha256"], second["parameters_sha256"])
        self.assertEqual(first["events_sha256"], second["events_sha256"])
        self.assertEqual((first["folder"] / "federation.yaml").read_text(), FLEET)

    def test_the_resolved_file_finds_its_data(self):
        write_sensor_csv(self.folder / "t.csv")
        file = self.file("federation: {rounds: 1}\nmodel: logistic\n"
                         "data: {name: csv, path: t.csv, label: activity, device: user, partition: natural}\n"
                         "selection: {uniform: {cohort: 2}}\n"
                         "topology: {devices: [{count: 6, profile: raspberry-pi-4, link: {lte: {up: 3 Mbit/s}}}]}\n")
        first = self.simulate(file)
        second = self.simulate(first["folder"] / "resolved.yaml")
        self.assertEqual(first["events_sha256"], second["events_sha256"])
        explained = self.run_brume("explain", file).stdout
        self.assertRegex(explained, r"link.up +3 Mbit/s +# .*fleet.yaml:5:")
        self.assertRegex(explained, r"link.down +117 Mbit/s")

    def test_scaled_values_name_the_option(self):
        text = self.run_brume("explain", self.file(FLEET), "--devices", "50").stdout
        self.assertRegex(text, r"topology.devices.0.count +30 +# --devices 50")
        self.assertRegex(text, r"selection.uniform.cohort +5 +# --devices 50")

    def test_explain_goes_on_where_a_run_would_not(self):
        result = self.run_brume("explain", self.file(FLEET.replace("topology:", "topology:\n  fog: [{count: 200, link: wifi}]")))
        self.assertEqual(result.returncode, 0)
        self.assertIn("topology.fog.0.count", result.stdout)
        self.assertIn("cannot be run as it is", result.stderr)

    def test_scalars_of_the_algorithm_are_columns(self):
        summary = self.simulate(self.file(FLEET + "algorithm: fedavgm\n"))
        lines = (summary["folder"] / "rounds.csv").read_text().splitlines()
        self.assertTrue(lines[0].endswith(",update_norm,velocity_norm"))
        self.assertEqual(len(lines), 4)
        self.assertEqual({line.count(",") for line in lines}, {21})

    def test_measured_times_are_used(self):
        result = self.run_brume("bench", "device", self.file(FLEET), "--out", "pi.yaml")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("a step of 10 examples", result.stdout)
        table = (self.folder / "pi.yaml").read_text()
        self.assertIn("source: 'brume bench device ", table)
        self.assertEqual(self.run_brume("bench", "device", self.file(FLEET), "--out", "no/pi.yaml").returncode, 2)
        again = self.run_brume("bench", "device", self.file(FLEET), "--out", "pi.yaml", "--set", "training.batch_size=20")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual((self.folder / "pi.yaml").read_text().count("batch_size:"), 2)
        fleet = FLEET.replace("profile: raspberry-pi-4", "profile: {raspberry-pi-4: {timings: pi.yaml}}")
        timings = [one["timing"] for one in self.simulate(self.file(fleet))["devices"]]
        self.assertTrue(timings[0].startswith("roofline: "), timings)
        self.assertTrue(timings[1].startswith("measured: "), timings)

    def test_several_seeds(self):
        file = self.file(FLEET)
        result = self.run_brume("simulate", file, "--seed", "1..3", "--out", "seeds", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        comparison = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(comparison["seeds"], 3)
        self.assertEqual([run["seed"] for run in comparison["runs"]], [1, 2, 3])
        self.assertGreater(comparison["accuracy"]["deviation"], 0)
        self.assertIn("3 of 3 seeds", result.stdout)
        self.assertIn("±", result.stdout)
        again = self.run_brume("simulate", file, "--seed", "3..5", "--out", "seeds")
        self.assertEqual(again.returncode, 2)  # seed3 is there: found before seed 4 runs
        self.assertFalse((self.folder / "seeds/seed4").exists())
        self.assertTrue((self.folder / "seeds/seed2/summary.json").is_file())

    def test_devices_scale_the_fleet_and_the_cohort(self):
        summary = self.simulate(self.file(FLEET), "--devices", "50")
        self.assertEqual(summary["updates"]["included"], 15)

    def test_plain_lines_when_piped(self):
        result = self.run_brume("simulate", self.file(FLEET))
        self.assertNotIn("\r", result.stderr)
        self.assertEqual(len(re.findall(r"^round \d/3 · accuracy", result.stderr, re.M)), 3)
        self.assertTrue((self.folder / "runs/small-seed4/summary.json").is_file())
        self.run_brume("simulate", self.file(FLEET))
        self.assertTrue((self.folder / "runs/small-seed4-2/summary.json").is_file())

    def test_a_bar_on_a_terminal(self):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen([BRUME, "simulate", str(self.file(FLEET))], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=follower)
        process.communicate(timeout=120)
        os.close(follower)
        text = os.read(leader, 65536).decode()
        os.close(leader)
        self.assertIn("\r", text)
        self.assertRegex(text, r"\[#+\.*\] round \d/3 · accuracy")
        self.assertTrue(all(len(line) < 80 for line in re.split(r"[\r\n]", text.replace("\x1b[K", ""))), text)

    def interrupt(self, signal_number):
        endless = FLEET.replace("rounds: 3", "rounds: 1000000").replace("cohort: 10", "cohort: 100")
        out = self.folder / f"run{signal_number}"
        process = subprocess.Popen([BRUME, "simulate", str(self.file(endless)), "--out", str(out)], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.time() + 60
        while time.time() < deadline and not ((out / "rounds.csv.partial").exists() and
                                              (out / "rounds.csv.partial").stat().st_size > 500):
            time.sleep(0.05)
        started = time.time()
        process.send_signal(signal_number)
        stdout, stderr = process.communicate(timeout=60)
        self.assertLess(time.time() - started, 20 if SANITIZED else 2)
        self.assertEqual(process.returncode, 1, stderr)
        self.assertIn("interrupted", stdout)
        summary = json.loads((out / "summary.json").read_text())
        self.assertTrue(summary["interrupted"])
        self.assertEqual(len((out / "rounds.csv").read_text().splitlines()), summary["rounds"] + 1)
        self.assertEqual(list(out.glob("*.partial")), [])

    def test_ctrl_c_leaves_a_complete_folder(self):
        self.interrupt(signal.SIGINT)

    def test_sigterm_does_too(self):
        self.interrupt(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
