"""An interrupted run goes on as if nothing had happened; a checkpoint that cannot be trusted is refused."""
import json
import random
import signal
import subprocess
import time
import unittest

from support import BRUME, FLEET, SANITIZED, ProgramTest

LONG = FLEET.replace("rounds: 3", "rounds: 60").replace("cohort: 10", "cohort: 30, over_selection: 1.2").replace(
    "[{quantize: {bits: 4}}]", "[{top_k: {fraction: 0.1}}]") + "deadline: 10 s\n"
TREE = LONG.replace("  devices:", "  fog: [{count: 2, link: wifi}, {count: 8, link: lte}]\n  devices:")


class Resume(ProgramTest):
    def start(self, *arguments):
        return subprocess.Popen([BRUME, *map(str, arguments)], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def interrupted_run(self, file, out, seconds):
        """Starts a run, lets it come as far as its first rounds, and interrupts it."""
        process = self.start("simulate", file, "--out", out)
        limit = time.time() + 60
        while time.time() < limit and not (out / "rounds.csv.partial").exists():
            time.sleep(0.01)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=100)
        return process.returncode, stdout + stderr

    def test_goes_on_to_the_same_bits(self):
        generator = random.Random(5)
        for number, text in enumerate((LONG, TREE)):
            file = self.file(text)
            whole = self.simulate(file)
            out = self.folder / f"run{number}"
            code, output = self.interrupted_run(file, out, 0.05)
            times = 0
            while code == 1 and times < 30:
                self.assertIn(f"--resume {out}", output)
                self.assertTrue((out / "checkpoint.brume").is_file())
                self.assertTrue(json.loads((out / "summary.json").read_text())["interrupted"])
                process = self.start("simulate", "--resume", out, "--workers", generator.randint(1, 3))
                if times < 4:
                    time.sleep(generator.uniform(0.05, 0.6) * (5 if SANITIZED else 1))
                    process.send_signal(signal.SIGINT)
                stdout, stderr = process.communicate(timeout=200)
                code, output = process.returncode, stdout + stderr
                times += 1
                if code == -signal.SIGINT:  # it had not come so far as to listen
                    code, output = 1, f"--resume {out}"
            self.assertEqual(code, 0, output)
            self.assertGreater(times, 0)
            summary = json.loads((out / "summary.json").read_text())
            for key in ("parameters_sha256", "events_sha256", "metrics", "updates", "bytes", "energy_joules",
                        "virtual_seconds"):
                self.assertEqual(summary[key], whole[key], key)
            self.assertEqual((out / "rounds.csv").read_text(), (whole["folder"] / "rounds.csv").read_text())
            self.assertFalse((out / "checkpoint.brume").exists())

    def refused(self, out, pattern, *arguments):
        before = {p.name: p.read_bytes() for p in out.iterdir()} if out.is_dir() else {}
        result = self.run_brume("simulate", *arguments, "--resume", out)
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertRegex(result.stderr, pattern)
        if before:
            self.assertEqual({p.name: p.read_bytes() for p in out.iterdir()}, before)  # nothing is lost

    def test_what_cannot_be_trusted_is_refused(self):
        file = self.file(LONG.replace("rounds: 60", "rounds: 1000000"))
        out = self.folder / "run"
        self.assertEqual(self.interrupted_run(file, out, 0.5)[0], 1)
        checkpoint = out / "checkpoint.brume"
        whole = checkpoint.read_bytes()
        for length in (0, 5, 40, len(whole) // 2, len(whole) - 1):
            checkpoint.write_bytes(whole[:length])
            self.refused(out, r"cannot resume from .*checkpoint.brume: (it was cut|the data end too early|it is no)")
        checkpoint.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        self.refused(out, "damaged")
        checkpoint.write_bytes(whole[:8] + b"\x09\x00" + whole[10:])
        self.refused(out, "written by Brume another version .format 9., this is Brume")
        checkpoint.write_bytes(whole[:14] + b"9" + whole[15:])
        self.refused(out, "written by Brume 9")
        checkpoint.write_bytes(b"hello, world" * 20)
        self.refused(out, "it is no checkpoint")
        checkpoint.write_bytes(whole)
        other = self.file(FLEET, "other.yaml")
        self.refused(out, "other.yaml describes another federation", other)
        resolved = out / "resolved.yaml"
        text = resolved.read_text()
        resolved.write_text(text.replace("rounds: 1000000", "rounds: 7"))
        self.refused(out, "describes another federation; has it been changed")
        resolved.write_text(text)
        self.refused(out, "--set and --devices can only say again", "--set", "federation.rounds=7")
        self.refused(self.folder / "nothing", "is no run folder")
        finished = self.simulate(self.file(FLEET))
        self.refused(finished["folder"], "the run has ended")

    def test_a_folder_with_a_checkpoint_is_not_written_over(self):
        file = self.file(LONG.replace("rounds: 60", "rounds: 1000000"))
        out = self.folder / "run"
        self.assertEqual(self.interrupted_run(file, out, 0.2)[0], 1)
        result = self.run_brume("simulate", file, "--out", out)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"--resume {out}", result.stderr)

    def test_a_file_or_a_run_must_be_named(self):
        result = self.run_brume("simulate")
        self.assertEqual(result.returncode, 2)
        self.assertIn("name a federation file, or a run to go on with", result.stderr)


if __name__ == "__main__":
    unittest.main()
