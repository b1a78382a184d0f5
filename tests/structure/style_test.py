"""Sizes of files, pragma once, and clang-format."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("BRUME_SOURCE_DIR", Path(__file__).parents[2]))
MOST_LINES = 400


def sources():
    listed = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT,
                            capture_output=True, text=True)
    names = listed.stdout.split() if listed.returncode == 0 else []
    if not names:  # an unpacked archive
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*.[ch]pp") if p.relative_to(ROOT).parts[0] != "build"]
    return [ROOT / name for name in names]


class Style(unittest.TestCase):
    def test_files_are_short(self):
        long = {str(p.relative_to(ROOT)): n for p in sources() if (n := len(p.read_text().splitlines())) > MOST_LINES}
        self.assertEqual(long, {})

    def test_headers_are_included_once(self):
        self.assertEqual([str(p) for p in sources() if p.suffix == ".hpp" and "#pragma once" not in p.read_text()], [])

    def test_clang_format_is_obeyed(self):
        program = shutil.which("clang-format")
        if not program:
            if os.environ.get("CI"):
                self.fail("clang-format is not installed")
            self.skipTest("clang-format is not installed")
        result = subprocess.run([program, "--dry-run", "-Werror", *map(str, sources())], cwd=ROOT, capture_output=True,
                                text=True)
        self.assertEqual(result.returncode, 0, result.stderr[:2000])


if __name__ == "__main__":
    unittest.main()
