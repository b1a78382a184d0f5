"""Every model on data that suit it, and every algorithm on a model with running statistics."""
import json
import unittest

from support import SANITIZED, ProgramTest, write_mote_csv, write_sensor_csv, write_tone

FLEET = """federation: {name: f, rounds: ROUNDS}
model: MODEL
data: DATA
training: {epochs: 1, batch_size: 8, optimizer: {sgd: {learning_rate: 0.05, clip_norm: 5}}}
algorithm: ALGORITHM
selection: {uniform: {cohort: COHORT}}
topology:
  fog: [{count: 2, link: ethernet}]
  devices: [{count: 4, profile: jetson-orin-nano, link: wifi}]
"""
CLASSES = "{name: csv, path: t.csv, label: activity, device: user, ignore: [UNIQUE_ID], partition: natural}"
WINDOWS = """{name: csv, path: t.csv, label: activity, device: user, ignore: [UNIQUE_ID], partition: natural,
  window: {length: 16, stride: 4}, test_from: end}"""
FORECAST = """{name: csv, path: m.csv, target: humidity, device: mote_id, ignore: [reading, indoor, label], partition: natural,
  window: {length: 16, stride: 4, horizon: 1}, test_from: end}"""
ANOMALIES = """{name: csv, path: m.csv, anomaly: label, device: mote_id, ignore: [reading, indoor], partition: natural, test_from: end,
  test_fraction: 0.5}"""
WORDS = "{name: wav, path: words, rate: 8000, length: 656 ms, partition: natural}"
PIXELS = "{name: cifar, path: ., train: [images.bin], test: [], partition: iid}"
TEXT = "{name: text, path: play.txt, window: 12, stride: 9, partition: natural}"
MODELS = [
    ("logistic", CLASSES), ("{mlp: {norm: batch}}", CLASSES), ("{mlp: {norm: group}}", FORECAST), ("cnn_small", WORDS),
    ("lenet5", PIXELS), ("cnn_cifar", PIXELS), ("resnet8", PIXELS), ("{resnet8: {norm: batch}}", PIXELS), ("{resnet20: {norm: none}}", PIXELS),
    ("{ds_cnn: {channels: 8, blocks: 1}}", WORDS), ("{ds_cnn: {channels: 8, norm: batch}}", WORDS), ("cnn1d", WINDOWS), ("cnn1d", FORECAST),
    ("tcn", WINDOWS), ("{tcn: {dropout: 0.2}}", FORECAST), ("gru", TEXT), ("gru", FORECAST), ("{lstm: {hidden_layers: 2}}", WINDOWS), ("lstm", TEXT),
    ("autoencoder", ANOMALIES),
]


class Models(ProgramTest):
    def setUp(self):
        super().setUp()
        write_sensor_csv(self.folder / "t.csv", users=4)
        write_mote_csv(self.folder / "m.csv")
        (self.folder / "words").mkdir()
        for speaker in range(4):
            for digit in range(2):
                for take in range(6):
                    write_tone(self.folder / f"words/{digit}_s{speaker}_{take}.wav", 300 + 900 * digit + 30 * take)
        (self.folder / "images.bin").write_bytes(
            b"".join(bytes([i % 3]) + bytes([(60 * (i % 3) + k % 50) for k in range(3072)]) for i in range(60)))
        (self.folder / "play.txt").write_text(
            "".join(f"S{i % 4}:\n{'to be or not to be, that is the question. ' * 3}\n\n" for i in range(12)))

    def fleet(self, model, data, algorithm="fedavg", rounds=2, cohort=4):
        text = FLEET
        for key, value in (("MODEL", model), ("DATA", data), ("ALGORITHM", algorithm), ("ROUNDS", rounds), ("COHORT", cohort)):
            text = text.replace(key, str(value))
        return self.file(text)

    def test_every_model_trains_and_repeats(self):
        for model, data in MODELS[::4] if SANITIZED else MODELS:
            with self.subTest(model=model, data=data):
                fleet = self.fleet(model, data)
                one = self.simulate(fleet, "--workers", "1")
                self.assertEqual(one["updates"], {"included": 8, "late": 0, "refused": 0, "failed": 0}, one["first_problem"])
                self.assertEqual(self.simulate(fleet, "--workers", "3")["parameters_sha256"], one["parameters_sha256"])

    def test_every_model_is_here(self):
        names = {row["name"] for row in json.loads(self.run_brume("list", "models", "--json").stdout)}
        tried = {model.strip("{").split(":")[0] for model, _ in MODELS}
        self.assertEqual(names - tried, {"torchscript", "surrogate"})

    # Users 1 to 4 have 40 rows each, 32 to train on, and one batch of a single row.
    def test_every_algorithm_keeps_statistics_sound(self):
        names = [row["name"] for row in json.loads(self.run_brume("list", "algorithms", "--json").stdout)]
        names = [name for name in names if name not in ("fetchsgd", "signsgd")]  # which refuse them
        for name in names[::6] if SANITIZED else names:
            with self.subTest(algorithm=name):
                cohort = 1 if name == "centralised" else 4
                fleet = self.fleet("{mlp: {norm: batch, hidden_layers: 1}}", CLASSES, name, rounds=6, cohort=cohort)
                summary = self.simulate(fleet, "--set", "training.batch_size=31", "--set", "evaluation.devices=4",
                                        "--set", "training.optimizer={sgd: {learning_rate: 0.03}}")
                self.assertEqual(summary["updates"]["failed"] + summary["updates"]["refused"], 0, summary["first_problem"])
                self.assertLess(summary["metrics"]["loss"], 20)
                model = summary["folder"] / "model.brume"
                tensors = json.loads(self.run_brume("model", "inspect", model, "--json").stdout)["tensors"]
                variances = [t for t in tensors if t["name"].endswith("running_var")]
                self.assertEqual(len(variances), 1)
                if name not in ("fedbn", "local_only"):  # which leave the shared model's alone
                    self.assertNotEqual((variances[0]["mean"], variances[0]["deviation"]), (1, 0))
                self.assertGreater(variances[0]["mean"], 0)


if __name__ == "__main__":
    unittest.main()
