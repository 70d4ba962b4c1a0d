"""How the tests start a daemon, talk to it, hurt it and wait for it."""
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import Any, Callable, NamedTuple, TypeVar

BINARY = ""  # set by run.py
LOOK_AGAIN = 0.005  # seconds
PATIENCE = 30.0     # for what takes less than a second on a machine that does nothing else

T = TypeVar("T")


class Fault(Exception):
    """The daemon does not do what it should."""


def pause(seconds: float) -> None:
    """For pace, never for order."""
    select.select([], [], [], seconds)


def until(condition: Callable[[], T | None], what: str, patience: float = PATIENCE, pace: float = LOOK_AGAIN) -> T:
    """What the condition gives, as soon as that is something."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Fault(f"waited {patience:g} s for this: {what}")
        pause(pace)


def ram() -> str | None:
    """Where folders go whose test is not about disks."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def alert(name: str, service: str = "web", **fields: Any) -> dict[str, Any]:
    labels = {"alertname": name, "service": service, "severity": "major", **fields.pop("labels", {})}
    return {"labels": labels, **fields}


def body(*alerts: dict[str, Any]) -> bytes:
    return json.dumps(list(alerts)).encode()


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def value(self) -> Any:
        return json.loads(self.text)


# One rule by labels: every label set with a service is in exactly one incident.
RULES = "correlate:\n  - name: by-service\n    by: {labels: [service]}\n"
CONFIGURATION = {
    "version": 1,
    "log": {"local": {"directory": "state"}},
    "http": {"listen": "127.0.0.1:0"},
    "sources": [{"name": "web", "http": {}, "format": "alertmanager"}],
    "publish": [{"file": f"{topic}.ndjson", "topics": [topic]} for topic in ("incidents", "alerts", "audit")],
    "rules": ["rules.yaml"],
    "logging": {"level": "debug"},
}


class Daemon:
    """One state folder, and the process that works on it, if any. Use as a context: then nothing is left behind."""

    def __init__(self, state: pathlib.Path | None = None, in_ram: bool = True, **changes: Any) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="triaged-chaos-", dir=ram() if in_ram else None))
        self.state = state or self.folder / "state"
        self.process: subprocess.Popen[bytes] | None = None
        self.stale = 0
        self.write("rules.yaml", RULES)
        self.configure(log={"local": {"directory": str(self.state)}}, **changes)

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self.process is not None:
            self.kill()
        if kind is None or not os.environ.get("TRIAGED_CHAOS_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self, **changes: Any) -> None:
        """JSON is YAML."""
        self.write("triaged.yaml", json.dumps({**CONFIGURATION, **changes}, indent=1))

    def write(self, name: str, text: str) -> pathlib.Path:
        """All of it or nothing, whoever reads meanwhile."""
        path = self.folder / name
        draft = self.folder / (name + ".draft")
        draft.write_text(text)
        return draft.rename(path)

    # ---- its life

    def spawn(self, *arguments: str, beside_another: bool = False, **environment: str) -> None:
        if not beside_another:
            self.stale = self.written()
        with open(self.folder / "daemon.log", "ab") as log:
            self.log_begins = log.tell()
            self.process = subprocess.Popen(
                [BINARY, "run", "--config", str(self.folder / "triaged.yaml"), *arguments],
                env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self, *arguments: str, **environment: str) -> None:
        """Until it answers."""
        self.spawn(*arguments, **environment)
        until(lambda: self.address() or not self.alive(), "the daemon listens")
        if not self.alive():
            raise Fault(f"the daemon did not start, exit {self.process.returncode}: {self.last_words()}")

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait(self, patience: float = PATIENCE) -> int | None:
        """Its exit code (negative: the signal); nothing: it lives on."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, patience: float = PATIENCE) -> float:
        """A clean end; how many seconds it took."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        code = self.wait(patience)
        if code != 0:
            raise Fault(f"after SIGTERM: {'no end' if code is None else f'exit {code}'}: {self.last_words()}")
        return time.monotonic() - began

    def refused(self, *arguments: str, **environment: str) -> tuple[int | None, str]:
        """Starts it, which it should refuse: its exit code, and what it said."""
        self.spawn(*arguments, **environment)
        until(lambda: self.address() or not self.alive(), "the daemon refuses to start")
        if self.alive():
            self.kill()
            return None, "it started"
        return self.process.returncode, self.log()

    def log(self) -> str:
        """What this life has said so far."""
        with open(self.folder / "daemon.log", "rb") as log:
            log.seek(self.log_begins)
            return log.read().decode(errors="replace")

    def last_words(self) -> str:
        return " | ".join(self.log().splitlines()[-5:])

    # ---- talking to it

    def written(self) -> int:
        """When the address was; 0: there is none."""
        try:
            return (self.state / "listen").stat().st_mtime_ns
        except OSError:
            return 0

    def address(self) -> str | None:
        """Not that of a life before, which may have ended without a word."""
        try:
            return (self.state / "listen").read_text().strip() if self.written() > self.stale else None
        except OSError:
            return None

    def connect(self, timeout: float = PATIENCE) -> http.client.HTTPConnection:
        address = self.address()
        if address is None:
            raise ConnectionError("the daemon does not listen")
        return http.client.HTTPConnection(address, timeout=timeout)

    def ask(self, method: str, path: str, content: bytes | None = None, **headers: str) -> Answer:
        connection = self.connect()
        try:
            return ask(connection, method, path, content, **headers)
        finally:
            connection.close()

    def post(self, *alerts: dict[str, Any]) -> Answer:
        return self.ask("POST", "/api/v2/alerts", body(*alerts))

    def command(self, **command: Any) -> Answer:
        return self.ask("POST", "/api/v1/commands", json.dumps(command).encode())

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise Fault(f"GET {path}: {answer.status} {answer.text}")
        return answer.value

    def ready(self) -> str:
        """Why it is not; empty: it is."""
        answer = self.ask("GET", "/-/ready")
        return "" if answer.status == 200 else answer.text

    def settled(self) -> dict[str, Any]:
        """The status, once all that is in the log was taken."""
        def look() -> dict[str, Any] | None:
            status = self.get("/api/v1/status")
            return status if status["log"]["lastTaken"] >= status["log"]["lastRecord"] else None
        return until(look, "the shard takes what is in the log")

    def peak_memory(self) -> int:
        """Bytes."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0


def ask(connection: http.client.HTTPConnection, method: str, path: str, content: bytes | None = None,
        **headers: str) -> Answer:
    connection.request(method, path, content, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    text = response.read().decode()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)


class Worker(threading.Thread):
    """A thread whose fault is a fault of the test."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.ending = threading.Event()
        self.fault: str | None = None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:  # pylint: disable=broad-except
            self.fault = f"{self.name}: {type(error).__name__}: {error}"

    def work(self) -> None:
        raise NotImplementedError

    def end(self, patience: float = PATIENCE) -> None:
        """Lets it finish what it began."""
        self.ending.set()
        self.join(patience)
        if self.is_alive():
            raise Fault(f"{self.name} does not come to its end")
        if self.fault:
            raise Fault(self.fault)
