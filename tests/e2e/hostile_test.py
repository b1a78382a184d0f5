"""Hostile configurations end in an error within a second and 100 MB, measured on the whole program."""
import os
import random
import subprocess
import time
import unittest

from support import BRUME, SANITIZED, ProgramTest


def alias_bomb():
    lines = ["a0: &a0 [" + ", ".join("x" * 10) + "]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 12)]
    return "\n".join(lines)


HOSTILE = {
    "brackets": "[" * 100_000,
    "braces": "{" * 100_000,
    "nested maps": "\n".join(" " * i + "a:" for i in range(1000)),
    "alias bomb": alias_bomb(),
    "noise": "".join(map(chr, random.Random(1).choices(range(1, 256), k=300_000))),
    "long line": "x" * 900_000,
    "many keys": "\n".join(f"key{i}: 1" for i in range(60_000)),
    "many unknown keys": "\n".join(f"key{i}: 1" for i in range(24_000)),
    "many list items": "[" + "1," * 200_000 + "]",
    "question marks": "?" * 100_000,
    "too large": "x" * 5_000_000,
}


class Hostile(ProgramTest):
    def measure(self, text):
        """Returns (exit code, stderr, seconds, peak RSS in bytes) of `brume check` on that text."""
        file = self.file(text, "hostile.yaml")
        started = time.time()
        with open(self.folder / "stderr", "w+") as stderr:
            process = subprocess.Popen([BRUME, "check", str(file)], stdout=subprocess.DEVNULL, stderr=stderr)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.time() - started
            stderr.seek(0)
            return process.returncode, stderr.read(), seconds, usage.ru_maxrss * 1024

    def test_hostile_files(self):
        code, _, idle_seconds, idle_bytes = self.measure("not a map\n")  # the program's own start
        self.assertEqual(code, 2)
        for name, text in HOSTILE.items():
            with self.subTest(name):
                code, stderr, seconds, peak = self.measure(text)
                self.assertEqual(code, 2, stderr[:500])
                self.assertIn("hostile.yaml", stderr)
                if not SANITIZED:
                    self.assertLess(seconds - idle_seconds, 1)
                    self.assertLess(peak - idle_bytes, 100e6)


if __name__ == "__main__":
    unittest.main()
