"""Bad input: one clear message with its place and what would be right, exit code 2, nothing half-written."""
import gzip
import shutil
import struct
import unittest

from support import FLEET, ProgramTest, write_sensor_csv, write_tone

CSV = """federation: {rounds: 1}
model: logistic
data: {name: csv, path: t.csv, label: activity, device: user, ignore: [UNIQUE_ID], partition: natural}
selection: {uniform: {cohort: 2}}
topology: {devices: [{count: 6, profile: raspberry-pi-4, link: wifi}]}
"""
IMAGES = """federation: {rounds: 1}
model: MODEL
data: {name: idx, path: images, partition: iid}
selection: {uniform: {cohort: 1}}
topology: {devices: [{count: 2, profile: raspberry-pi-4, link: wifi}]}
"""


class BadInput(ProgramTest):
    def refused(self, file, *expected, arguments=()):
        result = self.run_brume("simulate", file, *arguments)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        for text in expected:
            self.assertIn(text, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertFalse((self.folder / "runs").exists(), "something was written")

    def changed(self, old, new):
        self.assertIn(old, FLEET)
        return self.file(FLEET.replace(old, new))

    def test_missing_file(self):
        self.refused("nothing.yaml", "cannot read nothing.yaml: No such file or directory")

    def test_directory(self):
        self.refused(self.folder, "it is a folder")

    def test_empty(self):
        self.refused(self.file(""), "fleet.yaml: the file is empty")

    def test_tabs(self):
        self.refused(self.file("federation:\n\trounds: 1\n"), "fleet.yaml:2:", "a tab indents this line")

    def test_a_key_twice(self):
        self.refused(self.changed("model: logistic\n", "model: logistic\nmodel: mlp\n"),
                     "fleet.yaml:3:1: key 'model' stands here a second time; it is first at line 2")

    def test_unknown_algorithm(self):
        self.refused(self.changed("\nmodel:", "\nalgorithm: fedprx\nmodel:"),
                     "fleet.yaml:2:12: unknown algorithm 'fedprx'; did you mean 'fedprox'?", "known: afl, apfl")

    def test_everything_at_once(self):
        text = FLEET.replace("bits: 4", "bits: 40").replace("cohort: 10", "cohort: 101").replace("seed: 4", "seed: 4, seed: 5")
        self.refused(self.file(text), "'bits' must be", "a cohort of 101", "key 'seed' stands here a second time")

    def with_fog(self, tiers, text=FLEET):
        return self.file(text.replace("  devices:", f"  fog: {tiers}\n  devices:"))

    def test_a_tier_without_devices(self):
        self.refused(self.with_fog("[{count: 101, link: wifi}]"),
                     "fleet.yaml:8:17: 101 nodes are too many for the 100 devices below them: 1 would have none")
        self.refused(self.with_fog("[{count: 5, link: wifi}, {count: 3, link: wifi}]"),
                     "5 nodes are too many for the 3 nodes below them: 2 would have none")

    def test_a_fog_tier_twice(self):
        self.refused(self.file(FLEET.replace("  devices:", "  fog: [{count: 2, link: wifi}]\n  fog: []\n  devices:")),
                     "fleet.yaml:9:3: key 'fog' stands here a second time; it is first at line 8")

    def test_error_feedback_where_nothing_is_kept(self):
        sparse = FLEET.replace("[{quantize: {bits: 4}}]", "[{top_k: {fraction: 0.1}}]")
        self.refused(self.file(sparse.replace("link: lte", "link: lte, persistent: false")),
                     "fleet.yaml:10:67: these devices keep no state, which the uplink's error feedback needs")
        self.refused(self.file(sparse.replace("uplink: [", "uplink: {error_feedback: false, chain: [").replace(
            "0.1}}]", "0.1}}]}")), "a contractive chain loses what it leaves out; it needs error feedback")
        self.refused(self.file(FLEET + "downlink: [top_k]\n"), "error feedback, which whole models do not have")

    def test_a_spill_folder_that_is_not_there(self):
        self.refused(self.file(FLEET + "client_store: {spill: nowhere}\n"), "fleet.yaml:11:23: ", "nowhere is no folder")

    def test_chains_in_a_wrong_order(self):
        self.refused(self.changed("[{quantize: {bits: 4}}]", "[quantize, top_k]"),
                     "fleet.yaml:6:9: a codec chain leaves values out after it quantised them; turn the stages round")
        self.refused(self.changed("[{quantize: {bits: 4}}]", "exact"), "it stands in fog_uplink")
        self.refused(self.file(FLEET + "fog_uplink: [exact, quantize]\n"), "'exact' stands alone")
        self.refused(self.file(FLEET + "fog_uplink: powersgd\n"), "a codec that keeps state works in 'uplink' only")

    def test_a_rate_that_follows_from_no_deadline(self):
        self.refused(self.changed("[{quantize: {bits: 4}}]", "{chain: [{dither: {step: 1}}, entropy], rate: {deadline: auto}}"),
                     "'auto' follows from the round's deadline: name one")

    def test_a_warm_up_to_what_it_cannot_go_down_to(self):
        self.refused(self.changed("[{quantize: {bits: 4}}]", "{chain: [{quantize: {bits: 4}}], rate: {warm_up: 3}}"),
                     "fleet.yaml:6:58: warm_up goes down to a chain that leaves elements out by a fraction: global_top_k")
        self.refused(self.changed("[{quantize: {bits: 4}}]", "{chain: [{top_k: {fraction: 0.4}}], rate: {warm_up: 3}}"), "which is 0.4")
        self.refused(self.file(FLEET + "downlink: {chain: [], rate: {warm_up: 3}}\n"), "unknown key 'warm_up'")

    def test_too_little_memory(self):
        self.refused(self.changed("profile: raspberry-pi-4", "profile: {raspberry-pi-4: {memory: 4 kB}}"),
                     "a task needs 15.8 kB: 4.88 kB of weights", "these devices have 4.00 kB")

    def test_too_many_bits(self):
        self.refused(self.changed("bits: 4", "bits: 40"), "'bits' must be between 1 and 16, not 40", "fleet.yaml:6:28")

    def test_negative_rounds(self):
        self.refused(self.changed("rounds: 3", "rounds: -1"), "'rounds' must be between 1 and", "not -1")

    def test_unknown_unit(self):
        self.refused(self.changed("link: lte", "link: {up: 10 Mbits, down: 1 Mbit/s}"),
                     "'up' has unknown unit 'Mbits'; did you mean 'Mbit/s'?")

    def test_cohort_above_population(self):
        self.refused(self.changed("cohort: 10", "cohort: 101"), "a cohort of 101 is more than the 100 devices there are")

    def test_truncated_data_file(self):
        folder = self.folder / "images"
        folder.mkdir()
        for name, header, data in (
            ("train-images-idx3-ubyte.gz", struct.pack(">4B3I", 0, 0, 8, 3, 4, 8, 8), bytes(4 * 64 - 1)),
            ("train-labels-idx1-ubyte.gz", struct.pack(">4BI", 0, 0, 8, 1, 4), bytes(4)),
            ("t10k-images-idx3-ubyte.gz", struct.pack(">4B3I", 0, 0, 8, 3, 4, 8, 8), bytes(4 * 64)),
            ("t10k-labels-idx1-ubyte.gz", struct.pack(">4BI", 0, 0, 8, 1, 4), bytes([0, 1, 2, 3])),
        ):
            (folder / name).write_bytes(header + data)
        file = self.file(IMAGES.replace("MODEL", "logistic"))
        self.refused(file, "fleet.yaml:3:", "is truncated: its header promises 256 bytes of data, 255 are there")
        whole = gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 4, 8, 8) + bytes(256))
        (folder / "train-images-idx3-ubyte.gz").write_bytes(whole[:-10])
        self.refused(file, "train-images-idx3-ubyte.gz")
        (folder / "train-images-idx3-ubyte.gz").write_bytes(whole)
        self.assertEqual(self.run_brume("check", file).returncode, 0)

    def test_csv_without_the_named_column(self):
        write_sensor_csv(self.folder / "t.csv")
        self.refused(self.file(CSV.replace("device: user", "device: usr")),
                     "t.csv:1: there is no column 'usr'; did you mean 'user'?", "fleet.yaml:3:")

    def test_a_torchscript_file_that_is_none(self):
        (self.folder / "net.pt").write_text("no TorchScript")
        self.refused(self.changed("model: logistic", "model: {torchscript: net.pt}"),
                     "fleet.yaml:2:8: ", "net.pt is no TorchScript file")
        self.refused(self.changed("model: logistic", "model: {torchscript: gone.pt}"), "fleet.yaml:2:8: ",
                     "there is no file")

    def test_what_the_task_does_not_have(self):
        self.refused(self.changed("rounds: 3", "rounds: 3, target: {rmse: 2}"),
                     "this task has no rmse; it has accuracy and loss")
        self.refused(self.changed("batch_size: 10", "batch_size: 10, loss: absolute"), "a loss of numbers is for a regression")
        self.refused(self.changed("rounds: 3", "rounds: 3, target: {accuracy: 0.5, loss: 1}"), "a run has one target")

    def test_recordings(self):
        words = self.folder / "words"
        words.mkdir()
        for i in range(4):
            write_tone(words / f"yes_ann_{i}.wav", 300)
        whole = (words / "yes_ann_0.wav").read_bytes()
        fleet = self.file("""federation: {rounds: 1}
model: logistic
data: {name: wav, path: words, rate: 8000, partition: natural}
selection: {uniform: {cohort: 1}}
topology: {devices: [{count: 1, profile: raspberry-pi-4, link: wifi}]}
""")
        (words / "yes_ann_0.wav").write_bytes(whole[:-100])
        self.refused(fleet, "fleet.yaml:3:7: ", "yes_ann_0.wav: it is truncated")
        (words / "yes_ann_0.wav").write_bytes(whole[:22] + b"\2\0" + whole[24:])
        self.refused(fleet, "yes_ann_0.wav: it has 2 channels")
        (words / "yes_ann_0.wav").write_bytes(whole)
        self.refused(fleet, "data.rate says 16000", arguments=("--set", "data.rate=16000"))
        self.refused(fleet, "the data set has 1 devices of its own, the topology asks for 2", arguments=("--devices", "2"))

    def test_a_word_among_numbers(self):
        write_sensor_csv(self.folder / "t.csv")
        lines = (self.folder / "t.csv").read_text().splitlines()
        lines[2] = lines[2].replace(lines[2].split(",")[5], "loud", 1)
        (self.folder / "t.csv").write_text("\n".join(lines))
        self.refused(self.file(CSV), "t.csv:3: 'loud' in column 'X3' is no number")

    def test_model_that_does_not_match_the_data(self):
        write_sensor_csv(self.folder / "t.csv")
        self.refused(self.file(CSV.replace("model: logistic", "model: cnn_small")),
                     "fleet.yaml:2:8: model 'cnn_small' needs images", "the data have 43")

    def test_unwritable_place(self):
        self.refused(self.file(FLEET), "/proc/nowhere", arguments=("--out", "/proc/nowhere"))

    def test_a_folder_that_holds_a_run(self):
        file = self.file(FLEET)
        self.assertEqual(self.run_brume("simulate", file, "--out", "once").returncode, 0)
        before = (self.folder / "once/summary.json").read_bytes()
        self.refused(file, "once already holds a run", arguments=("--out", "once"))
        self.assertEqual((self.folder / "once/summary.json").read_bytes(), before)

    def test_full_disk(self):
        if shutil.which("mount") is None or self.run_mount() != 0:
            self.skipTest("needs CAP_SYS_ADMIN to mount a small file system")  # allowed in CI too
        self.refused(self.file(FLEET), "No space left on device", arguments=("--out", self.folder / "tiny/run"))
        self.assertEqual(list((self.folder / "tiny").iterdir()), [])

    def run_mount(self):
        import subprocess
        tiny = self.folder / "tiny"
        tiny.mkdir()
        code = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", tiny], capture_output=True).returncode
        if code == 0:
            self.addCleanup(subprocess.run, ["umount", tiny])
        return code

    def test_bad_arguments(self):
        file = self.file(FLEET)
        for arguments, expected in (
            (("check",), "FILE is required"),
            (("simulate",), "name a federation file, or a run to go on with: --resume RUN"),
            (("simulate", file, "--seed", "x"), "--seed must be a number or a range"),
            (("simulate", file, "--seed", "5..1"), "empty range"),
            (("simulate", file, "--workers", "0"), "--workers"),
            (("simulate", file, "--devices", "0"), "--devices"),
            (("simulate", file, "--set", "federation.rounds"), "must look like a.b=value"),
            (("simulat", file), "unknown command 'simulat'; did you mean 'simulate'?"),
            (("list", "algoritms"), "unknown command 'algoritms'; did you mean 'algorithms'?"),
            (("simulate", file, "--set", "federation.rounds="), "gives no value"),
            ((), "SUBCOMMAND"),
        ):
            result = self.run_brume(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(expected, result.stderr)

    def test_diverging_training_is_told(self):
        summary = self.simulate(self.changed("learning_rate: 0.05", "learning_rate: 1.0e38"))
        self.assertEqual(summary["updates"]["failed"], 30)
        self.assertIn("diverged", summary["first_problem"])
        summary = self.simulate(self.changed("learning_rate: 0.05", "learning_rate: 1.0e30"))
        self.assertEqual(summary["updates"]["refused"], 30)
        self.assertIn("out_of_range", summary["first_problem"])


if __name__ == "__main__":
    unittest.main()
