"""A daemon that runs, for as long as a test needs it."""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
from typing import IO, Any, Callable, NamedTuple

import binary

LONG = 30  # seconds; nothing waits for so long unless it is broken

CONFIGURATION = """version: 1
log: {local: {directory: state}}
http: {listen: '127.0.0.1:0'}
sources:
  - {name: prometheus, http: {}, format: alertmanager}
rules: ['by-service.yaml']
publish:
  - {file: incidents.out, topics: [incidents]}
  - {file: alerts.out, topics: [alerts]}
  - {file: audit.out, topics: [audit]}
  - {file: silences.out, topics: [silences]}
  - {file: rejected.out, topics: [rejected]}
"""


class Answer(NamedTuple):
    status: int
    body: Any


class Daemon:
    """`triaged run`, ready when the constructor returns."""

    def __init__(self, configuration: pathlib.Path, *arguments: str, stdin: IO[bytes] | None = None,
                 **environment: str) -> None:
        self.state = configuration.parent / "state"
        self.stopped = False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            name = str(configuration.parent / "notify")
            pathlib.Path(name).unlink(missing_ok=True)
            ready.bind(name)
            ready.settimeout(0.2)
            with open(configuration.parent / "daemon.log", "ab") as log:
                self.process = subprocess.Popen(
                    [binary.PATH, "run", "--config", str(configuration), *arguments], stdin=stdin, stdout=log, stderr=log,
                    env=binary.environment(NOTIFY_SOCKET=name, **environment))
            message = b""
            for _ in range(LONG * 5):
                try:
                    message = ready.recv(4096)
                except TimeoutError:
                    pass
                if b"READY=1" in message or self.process.poll() is not None:
                    break
        if b"READY=1" not in message:
            self.kill()
            raise AssertionError((configuration.parent / "daemon.log").read_text())

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        host, port = (self.state / "listen").read_text().strip().rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=LONG)
        try:
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            return Answer(answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text.decode())
        finally:
            connection.close()

    def post(self, *alerts: Any) -> Answer:
        return self.ask("POST", "/api/v2/alerts", list(alerts))

    def command(self, **command: Any) -> Answer:
        return self.ask("POST", "/api/v1/commands", command)

    def metric(self, name: str, **labels: str) -> float | None:
        """None: it is not there."""
        wanted = name + ("{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else "")
        for line in self.ask("GET", "/metrics").body.splitlines():
            if line.startswith(wanted + " "):
                return float(line.split(" ")[1])
        return None

    @staticmethod
    def until(condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + LONG
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not so after {LONG} s: {what}")

    def wait_for(self, path: str, name: str, count: int) -> None:
        """Until the list has so many."""
        self.until(lambda: len(self.ask("GET", path).body[name]) == count, f"{path} has {count} {name}")

    def wait_for_incidents(self, count: int) -> None:
        self.wait_for("/api/v1/incidents?limit=1000", "incidents", count)

    def stop(self) -> int:
        """With a snapshot, and everything committed."""
        return self.end(signal.SIGTERM)

    def kill(self) -> int:
        return self.end(signal.SIGKILL)

    def end(self, how: signal.Signals) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        return self.process.wait(LONG)


class RunningCase(binary.Case):
    """Has a configuration beside its rule file."""

    def setUp(self) -> None:
        super().setUp()
        self.configuration = self.write("triaged.yaml", CONFIGURATION)
        self.state = self.folder / "state"

    def start(self, *arguments: str, **environment: str) -> Daemon:
        daemon = Daemon(self.configuration, *arguments, **environment)
        self.addCleanup(daemon.kill)
        return daemon

    def record_a_day(self, daemon: Daemon, services: int = 5) -> None:
        """Alerts, one that can't be used, commands that are taken and one that is refused."""
        for n in range(services):
            self.assertEqual(daemon.post(binary.alert(f"s{n}"), binary.alert(f"s{n}", labels={"instance": "b"})).status,
                             200)
        self.assertEqual(daemon.post(binary.alert("s0", labels={"instance": "c"}), {"labels": 7}).status, 400)
        daemon.wait_for_incidents(services)
        self.assertEqual(daemon.command(command="acknowledge", incident="INC-0-1", actor="ann").status, 200)
        self.assertEqual(daemon.command(command="acknowledge", incident="INC-0-999").status, 409)
        self.assertEqual(daemon.command(command="silence", matchers=['service="s9"'], duration="2h").status, 200)
        self.assertEqual(daemon.post(binary.alert("s1", endsAt="2026-03-02T10:20:00Z")).status, 200)
        daemon.wait_for("/api/v1/alerts?state=resolved", "alerts", 1)
