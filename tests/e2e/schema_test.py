"""Every shipped file validates against `brume schema` with a real validator, and what is wrong does not."""
import json
import os
import unittest

from support import FLEET, ROOT, ProgramTest

try:
    import jsonschema
    import yaml
except ImportError:
    jsonschema = None


class Schema(ProgramTest):
    def setUp(self):
        super().setUp()
        if jsonschema is None:
            if os.environ.get("CI"):
                self.fail("python3-jsonschema and python3-yaml are not installed")
            self.skipTest("python3-jsonschema and python3-yaml are not installed")
        self.schema = json.loads(self.run_brume("schema").stdout)
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_shipped_files_validate(self):
        for path in sorted((ROOT / "configs").glob("*.yaml")):
            errors = [e.message for e in self.validator.iter_errors(yaml.safe_load(path.read_text()))]
            self.assertEqual(errors, [], path.name)

    def test_resolved_files_validate(self):
        summary = self.simulate(self.file(FLEET))
        resolved = yaml.safe_load((summary["folder"] / "resolved.yaml").read_text())
        self.assertEqual([e.message for e in self.validator.iter_errors(resolved)], [])

    def test_what_the_reader_refuses_the_schema_refuses_too(self):
        for old, new in (("rounds: 3", "rounds: -1"), ("bits: 4", "bits: 40"), ("model: logistic", "model: logistics"),
                         ("seed: 4", "sead: 4"), ("link: lte", "link: {up: 10 Mbits, down: 1 Mbit/s}"),
                         ("batch_size: 10", "batch_size: ten"), ("name: synthetic", "name: sinthetic")):
            document = yaml.safe_load(FLEET.replace(old, new))
            self.assertFalse(self.validator.is_valid(document), new)
            self.assertEqual(self.run_brume("check", self.file(FLEET.replace(old, new))).returncode, 2, new)

    def test_the_reference_page_is_current(self):
        page = self.run_brume("schema", "--markdown").stdout
        written = (ROOT / "docs/reference/configuration.md").read_text()
        self.assertEqual(page, written, "run: brume schema --markdown > docs/reference/configuration.md")


if __name__ == "__main__":
    unittest.main()
