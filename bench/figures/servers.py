"""Servers that are measured: started with a configuration of their own, asked, stopped."""
import json
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from figures import support
from figures.support import TRIAGED, fail, processor_seconds

PATIENCE = 300  # seconds; what takes longer hangs

BY_SERVICE = """correlate:
  - name: same-service
    by: {labels: [service, region]}
"""


def get(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE) as answer:
        return answer.read()


class Server:
    """One process in a folder of its own."""

    def __init__(self, folder, *command):
        self.folder = folder
        self.log = folder / "log"
        self.began = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*support.UNDER, *map(str, command)], cwd=folder, stdout=log, stderr=log)

    @property
    def pid(self):
        return self.process.pid

    def cpu(self):
        return processor_seconds(self.pid)

    def wait_until(self, what, true, step=0.01):
        """Seconds from the start of the process until `true`."""
        waits = time.monotonic()
        while not true():
            if self.process.poll() is not None:
                fail(f"{self.process.args[0]} ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
            if time.monotonic() - waits > PATIENCE:
                fail(f"waited {PATIENCE} s for: {what}; it logged last:\n{self.log.read_text()[-500:]}")
            time.sleep(step)
        return time.monotonic() - self.began

    def is_ready(self):
        try:
            return bool(get(self.address, "/-/ready"))
        except (OSError, urllib.error.URLError):
            return False

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()


class Triaged(Server):
    """`sources`, `log`: as they stand in the configuration; the log's directory is `state`."""

    def __init__(self, folder, sources, rules="rules: [rules.yaml]", more="", log="{local: {directory: state}}"):
        (folder / "rules.yaml").write_text(BY_SERVICE)
        (folder / "triaged.yaml").write_text(
            f"version: 1\nlog: {log}\nhttp: {{listen: '127.0.0.1:0'}}\n"
            f"sources: {sources}\n{rules}\n{more}\n")
        self.state = folder / "state"
        (self.state / "listen").unlink(missing_ok=True)
        super().__init__(folder, TRIAGED, "run", "--config", "triaged.yaml")
        self.address = ""

    def is_ready(self):
        try:
            self.address = (self.state / "listen").read_text().strip()
        except FileNotFoundError:
            return False
        return super().is_ready()

    def ready(self):
        return self.wait_until("ready", self.is_ready)

    def status(self):
        return json.loads(get(self.address, "/api/v1/status"))

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", get(self.address, "/metrics").decode(), re.M)[1])

    def is_taken(self):
        """All that came is taken by a cut."""
        log = self.status()["log"]
        return log["lastTaken"] == log["lastRecord"]

    def is_quiet(self):
        """The same, and the read model has it."""
        status = self.status()
        log = status["log"]
        return log["lastTaken"] == log["lastRecord"] and status["readModel"].get("lastCut") == log["lastCut"]

    def told(self, event):
        """Fields of the last line that the daemon logged about it."""
        found = {}
        for text in self.log.read_text().splitlines():
            if f"event={event} " in text:
                found = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', text))
        return found

    def told_number(self, event, field):
        return float(re.sub(r"[^\d.]", "", self.told(event).get(field, "0")))


class Alertmanager(Server):
    """Debian's, with a receiver that swallows what it is sent."""

    PROGRAM = shutil.which("prometheus-alertmanager")

    def __init__(self, folder, port, receiver):
        (folder / "alertmanager.yml").write_text(
            "route: {receiver: swallow, group_by: [service, region], group_wait: 1s, group_interval: 10s}\n"
            f"receivers: [{{name: swallow, webhook_configs: [{{url: 'http://127.0.0.1:{receiver}/'}}]}}]\n")
        self.address = f"127.0.0.1:{port}"
        super().__init__(folder, self.PROGRAM, "--config.file=alertmanager.yml", "--storage.path=data",
                         f"--web.listen-address={self.address}", "--cluster.listen-address=", "--log.level=error")

    def ready(self):
        return self.wait_until("ready", self.is_ready)

    @classmethod
    def version(cls):
        out = subprocess.run([cls.PROGRAM, "--version"], capture_output=True, text=True, check=True)
        return re.search(r"version (\S+)", out.stdout + out.stderr)[1]
