"""Holds the include table of docs/architecture.md: which room may include which."""
import os
import re
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("BRUME_SOURCE_DIR", Path(__file__).parents[2]))
ROLES = {"aggregator", "fog_node", "client"}
ALL = {"core", "configs", "compression", "algorithms", "messages", "learning", "federation", "net", "sim", "storage",
       "records", "testing"} | ROLES

# Besides include/brume, core and the room itself.
MAY_INCLUDE = {
    "core": set(),
    "configs": set(),
    "compression": set(),
    "algorithms": set(),
    "messages": set(),
    "aggregator": {"compression", "algorithms", "messages"},
    "fog_node": {"compression", "algorithms", "messages", "aggregator", "client"},
    "client": {"compression", "algorithms", "messages"},
    "learning": {"configs"},
    "federation": {"configs", "compression", "algorithms", "messages", "learning"} | ROLES,
    "storage": {"messages"},
    "net": {"configs", "messages", "federation", "storage"} | ROLES,
    "sim": {"messages", "federation", "configs"} | ROLES,
    "records": {"configs"},
    "testing": {"compression", "algorithms", "messages"} | ROLES,
    "cli": ALL,
    "dashboard": ALL,
    "deploy": ALL,
}
# federation sees the front of learning only.
LEARNING_FRONT = {"learning/backend.hpp"}
TORCH = re.compile(r"^(torch|ATen|c10)/")
NETWORK = re.compile(r"^(boost/(asio|beast)|openssl)/")


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if match:
            yield number, match.group(1)


def sources(room):
    folder = ROOT / room
    return sorted(p for p in folder.rglob("*") if p.suffix in (".cpp", ".hpp")) if folder.is_dir() else []


class Includes(unittest.TestCase):
    def test_rooms_include_what_they_may(self):
        wrong = []
        for room, allowed in MAY_INCLUDE.items():
            for path in sources(room):
                if path.name == "main.cpp":
                    continue
                for number, name in includes(path):
                    other = name.split("/")[0]
                    if other in ALL | {"cli"} and "/" in name and other not in allowed | {"core", room}:
                        wrong.append(f"{path.relative_to(ROOT)}:{number}: {room}/ may not include {name}")
                    if room == "federation" and other == "learning" and name not in LEARNING_FRONT:
                        wrong.append(f"{path.relative_to(ROOT)}:{number}: only {LEARNING_FRONT} of learning/")
        self.assertEqual(wrong, [])

    def test_the_contract_stands_alone(self):
        wrong = [
            f"{path.relative_to(ROOT)}:{number}: {name}"
            for path in sources("include/brume")
            for number, name in includes(path)
            if name.split("/")[0] in ALL
        ]
        self.assertEqual(wrong, [])

    def test_heavy_libraries_stay_in_their_room(self):
        wrong = []
        for room in MAY_INCLUDE:
            for path in sources(room):
                for number, name in includes(path):
                    place = f"{path.relative_to(ROOT)}:{number}: {name}"
                    if TORCH.match(name) and room != "learning":
                        wrong.append(place)
                    if NETWORK.match(name) and room != "net" and path.name not in ("sha256.cpp", "main.cpp"):
                        wrong.append(place)
        self.assertEqual(wrong, [])

    def test_few_files_see_libtorch(self):
        """Headers of single operators are cheap; the whole interface costs 15 s and 1 GB a file."""
        def seen(pattern):
            return [str(p.relative_to(ROOT)) for p in sources("learning")
                    if any(re.match(pattern, name) for _, name in includes(p))]
        self.assertEqual(seen(r"torch/"), ["learning/script_module.cpp", "learning/torch_runtime.cpp"])
        outside = [name for name in seen(r"(ATen|c10)/") if not name.startswith("learning/operators/")]
        self.assertLessEqual(len(outside), 6, outside)

    def test_the_table_is_the_documents(self):
        """docs/architecture.md says what this test enforces, for the rooms that exist."""
        page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
        documented = {}
        for cells in re.findall(r"^\| (`\w+/`(?:, `\w+/`)*) \|[^|]*\| ([^|]*) \|$", page, re.M):
            for room in re.findall(r"\w+", cells[0]):
                named = set(re.findall(r"[a-z_]+", cells[1])) & ALL
                documented[room] = ALL if cells[1] == "everything" else named
        for room, named in documented.items():
            planned = {other for other in MAY_INCLUDE[room] if (ROOT / other).is_dir()} - {"core", room}
            existing = {other for other in named if (ROOT / other).is_dir()} - {"core", room}
            self.assertEqual(existing, planned, room)
        self.assertEqual(set(documented), {p.parent.name for p in ROOT.glob("*/CMakeLists.txt")} & set(MAY_INCLUDE))

    def test_includes_name_their_room(self):
        wrong = [
            f"{path.relative_to(ROOT)}: {line.strip()}"
            for room in MAY_INCLUDE
            for path in sources(room)
            for line in path.read_text(encoding="utf-8").splitlines()
            if re.match(r'\s*#\s*include\s+"', line) and ("/" not in line or ".." in line)
            and "embedded_presets.hpp" not in line  # made by CMake
        ]
        self.assertEqual(wrong, [])

    def test_every_room_is_in_the_table(self):
        # A folder with a CMakeLists.txt that makes a room.
        rooms = {p.parent.name for p in ROOT.glob("*/CMakeLists.txt") if "brume_room(" in p.read_text()}
        self.assertLessEqual(rooms, set(MAY_INCLUDE))


if __name__ == "__main__":
    unittest.main()
