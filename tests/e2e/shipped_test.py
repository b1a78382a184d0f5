"""Every shipped configuration, shortened."""
import unittest

from support import ROOT, SANITIZED, ProgramTest, need_fashion, write_sensor_csv

CONFIGS = ROOT / "configs"


class Shipped(ProgramTest):
    def test_fashion_flat(self):
        need_fashion(self)
        rounds, devices = (1, 20) if SANITIZED else (6, 1000)
        summary = self.simulate(CONFIGS / "fashion-flat.yaml", "--set", f"federation.rounds={rounds}", "--devices",
                                devices, "--set", "data.partition.dirichlet.alpha=1")
        self.assertEqual(summary["rounds"], rounds)
        self.assertEqual(summary["updates"]["failed"], 0)
        if not SANITIZED:
            self.assertGreater(summary["metrics"]["accuracy"], 0.6)

    def test_fashion_fog_is_refused_clearly(self):
        need_fashion(self)
        result = self.run_brume("simulate", CONFIGS / "fashion-fog.yaml")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"fashion-fog.yaml:\d+:\d+: fog tiers cannot be run by this version yet")

    def test_sensors_natural(self):
        write_sensor_csv(self.folder / "wisdm.csv", users=27)
        summary = self.simulate(CONFIGS / "sensors-natural.yaml", "--set", "federation.rounds=8", "--set",
                                f"data.path={self.folder / 'wisdm.csv'}")
        self.assertGreater(summary["metrics"]["accuracy"], 0.5)

    def test_sensors_on_the_real_data(self):
        data = ROOT.parent / "shared/data/wisdm/wisdm.csv"
        if not data.is_file():
            self.skipTest("WISDM is not here")
        summary = self.simulate(CONFIGS / "sensors-natural.yaml", "--set", f"data.path={data}")
        self.assertGreater(summary["metrics"]["accuracy"], 0.7)

    def test_million(self):
        devices = 2000 if SANITIZED else 1_000_000
        summary = self.simulate(CONFIGS / "million.yaml", "--devices", devices)
        self.assertEqual(summary["rounds"], 20)
        if not SANITIZED:
            self.assertGreater(summary["metrics"]["accuracy"], 0.3)  # a guess among 10 classes has 0.1

    def test_all_are_tested(self):
        self.assertEqual(sorted(p.name for p in CONFIGS.glob("*.yaml")),
                         ["fashion-flat.yaml", "fashion-fog.yaml", "million.yaml", "sensors-natural.yaml"])


if __name__ == "__main__":
    unittest.main()
