"""The light clients of bench/load.cpp as a process."""
import json
import subprocess
import time


class Load:
    def __init__(self, build, fleet, devices, stalled=0):
        port = fleet["cloud"].port
        self.process = subprocess.Popen([build / "bench/load", fleet.folder / "pki", f"127.0.0.1:{port}", str(devices),
                                         str(stalled)], stdout=subprocess.PIPE, text=True)
        self.crypto = json.loads(self.process.stdout.readline())["crypto_only_handshakes"]

    def wait(self, condition, seconds=300):
        """The first report that meets the condition."""
        until = time.monotonic() + seconds
        for line in self.process.stdout:
            report = json.loads(line)
            if condition(report):
                return report
            if time.monotonic() > until:
                raise SystemExit(f"not within {seconds} s: {report}")
        raise SystemExit("the load generator ended")

    def stop(self):
        self.process.kill()
        self.process.wait()
