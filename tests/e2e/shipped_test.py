"""Every shipped configuration, shortened."""
import unittest

from support import ROOT, SANITIZED, ProgramTest, need_fashion, write_mote_csv, write_sensor_csv, write_tone

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

    def test_fashion_fog_is_fashion_flat_with_fewer_bytes_to_the_cloud(self):
        need_fashion(self)
        arguments = ("--set", "federation.rounds=2", "--devices", 40 if SANITIZED else 1000, "--set",
                     "data.partition=iid", "--set", "deadline=none")
        fog = self.simulate(CONFIGS / "fashion-fog.yaml", *arguments)
        flat = self.simulate(CONFIGS / "fashion-flat.yaml", *arguments)
        self.assertEqual(fog["parameters_sha256"], flat["parameters_sha256"])
        self.assertEqual(fog["updates"], flat["updates"])
        if not SANITIZED:  # with 40 devices there are as many fog nodes as members
            self.assertLess(fog["bytes"]["fog_up"], 1.02 * flat["bytes"]["device_up"])  # updates as short as these go on as they are
            self.assertLess(fog["bytes"]["fog_down"], 0.3 * flat["bytes"]["device_down"])
            several = ("--set", "uplink=[{quantize: {bits: 4}}]")  # of longer ones the sum
            fog = self.simulate(CONFIGS / "fashion-fog.yaml", *arguments, *several)
            flat = self.simulate(CONFIGS / "fashion-flat.yaml", *arguments, *several)
            self.assertEqual(fog["parameters_sha256"], flat["parameters_sha256"])
            self.assertLess(fog["bytes"]["fog_up"], 0.5 * flat["bytes"]["device_up"])

    def test_fashion_regions(self):
        need_fashion(self)
        rounds, devices = (1, 40) if SANITIZED else (6, 1000)
        summary = self.simulate(CONFIGS / "fashion-regions.yaml", "--set", f"federation.rounds={rounds}", "--devices",
                                devices, "--set", "data.partition=iid")
        self.assertEqual(summary["rounds"], rounds)
        self.assertEqual(summary["updates"]["failed"], 0)
        self.assertGreater(summary["bytes"]["fog_up"], 0)
        if not SANITIZED:
            self.assertGreaterEqual(summary["updates"]["included"], 600)
            self.assertGreater(summary["metrics"]["accuracy"], 0.6)

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

    def test_spoken_digits(self):
        recordings = self.folder / "recordings"
        recordings.mkdir()
        for speaker in range(4):
            for digit in range(3):
                for take in range(5):
                    write_tone(recordings / f"{digit}_speaker{speaker}_{take}.wav", 300 + 600 * digit + 20 * take)
        summary = self.simulate(CONFIGS / "spoken-digits.yaml", "--set", f"data.path={recordings}", "--set",
                                "federation.rounds=5")
        self.assertGreater(summary["metrics"]["accuracy"], 0.6)
        self.assertEqual(summary["metrics"]["devices"]["count"], 4)

    def test_motes_anomalies(self):
        table = self.folder / "multihop.csv"
        write_mote_csv(table)
        summary = self.simulate(CONFIGS / "motes-anomalies.yaml", "--set", f"data.path={table}", "--set",
                                "federation.rounds=20")
        self.assertIsNone(summary["metrics"]["accuracy"])
        self.assertGreater(summary["metrics"]["auc"], 0.9)

    def test_shakespeare(self):
        text = self.folder / "input.txt"
        text.write_text("".join(f"SPEAKER {i % 3}:\n{'to be or not to be, that is the question. ' * 4}\n\n"
                                for i in range(30)))
        summary = self.simulate(CONFIGS / "shakespeare.yaml", "--set", f"data.path={text}", "--set",
                                "federation.rounds=2", "--devices", "3")
        self.assertEqual(summary["updates"]["failed"], 0)
        self.assertGreater(summary["metrics"]["accuracy"], 0.05)

    def test_fashion_recorded(self):
        need_fashion(self)
        clients = self.folder / "clients.csv"
        clients.write_text("client,label,samples\n" + "".join(
            f"{client},{chr(97 + label)},{1 + client * label % 7}\n" for client in range(60) for label in range(10)
            if (client + label) % 3 == 0))
        summary = self.simulate(CONFIGS / "fashion-recorded.yaml", "--set",
                                f"data.partition.recorded.path={clients}", "--set", "federation.rounds=1", "--devices",
                                "40")
        self.assertEqual(summary["updates"]["included"], 2)

    def test_million(self):
        devices = 2000 if SANITIZED else 1_000_000
        summary = self.simulate(CONFIGS / "million.yaml", "--devices", devices)
        self.assertEqual(summary["rounds"], 20)
        if not SANITIZED:
            self.assertGreater(summary["metrics"]["accuracy"], 0.3)  # a guess among 10 classes has 0.1

    def test_lora_farm(self):
        summary = self.simulate(CONFIGS / "lora-farm.yaml")
        self.assertEqual(summary["updates"]["included"], 600)
        self.assertGreater(summary["virtual_seconds"], 30 * 20 * 60 / 4)
        self.assertGreater(summary["metrics"]["accuracy"], 0.8)

    def test_factory(self):
        need_fashion(self)
        rounds, devices = (1, 40) if SANITIZED else (6, 400)
        summary = self.simulate(CONFIGS / "factory.yaml", "--set", f"federation.rounds={rounds}", "--devices", devices)
        self.assertEqual(summary["rounds"], rounds)
        self.assertEqual(summary["updates"]["failed"], 0)
        self.assertGreater(summary["bytes"]["fog_up"], 0)

    # lte-city.yaml is run by simulator_test.py, in builds without LibTorch too.
    def test_all_are_tested(self):
        self.assertEqual(sorted(p.name for p in CONFIGS.glob("*.yaml")),
                         ["factory.yaml", "fashion-flat.yaml", "fashion-fog.yaml", "fashion-recorded.yaml",
                          "fashion-regions.yaml", "lora-farm.yaml", "lte-city.yaml", "million.yaml",
                          "motes-anomalies.yaml", "sensors-natural.yaml", "shakespeare.yaml", "spoken-digits.yaml"])


if __name__ == "__main__":
    unittest.main()
