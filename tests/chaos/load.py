"""What goes on around a daemon that is hurt: clients that send until they are told 200, a file that grows and is
rotated, people who ask for things, rules that change. Each is a thread and remembers what it was promised."""
import datetime
import http.client
import json
import os
import pathlib
import random
from typing import Any

from daemon import Answer, Daemon, Fault, Worker, alert, ask, body, pause, until

TROUBLE = (OSError, http.client.HTTPException)  # what a daemon that dies looks like from outside
SOURCES = [{"name": "web", "http": {}}, {"name": "export", "file": {"path": "export.in", "follow": True}}]
A_SERVICE = 12  # label sets have one service together


def labels_of(payload: bytes) -> list[str]:
    """The label sets of a list of alerts, each as one text."""
    return [key(a["labels"]) for a in json.loads(payload)]


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def key(labels: dict[str, str]) -> str:
    return json.dumps(labels, sort_keys=True)


class Client(Worker):
    """Asks until it is answered, over any number of the daemon's lives."""

    def __init__(self, daemon: Daemon, name: str) -> None:
        super().__init__(name)
        self.daemon_under_test = daemon
        self.connection: http.client.HTTPConnection | None = None
        self.lost_answers = 0  # a request was under way when the daemon died
        self.refused = 0       # 503

    def attempt(self, method: str, path: str, content: bytes | None = None) -> Answer | None:
        """Nothing: the daemon is not there."""
        try:
            if self.connection is None:
                self.connection = self.daemon_under_test.connect(timeout=10)
            return ask(self.connection, method, path, content)
        except TROUBLE:
            self.lost_answers += 1
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            pause(0.01)
            return None

    def insist(self, method: str, path: str, content: bytes | None = None, patience: float = 120.0) -> Answer:
        def answered() -> Answer | None:
            answer = self.attempt(method, path, content)
            if answer is None or answer.status != 503:
                return answer
            self.refused += 1
            if "retry-after" not in answer.headers:
                raise Fault(f"503 without Retry-After: {answer.text}")
            return None
        return until(answered, f"an answer to {method} {path}", patience)


class Sender(Client):
    """Posts batches of alerts: new label sets, repeats, ends."""

    def __init__(self, daemon: Daemon, name: str, seed: int, pace: float = 0.03) -> None:
        super().__init__(daemon, name)
        self.random = random.Random(f"{seed} {name}")
        self.pace = pace
        self.accepted: list[bytes] = []
        self.sent = 0
        self.firing: list[dict[str, Any]] = []

    def new_alert(self) -> dict[str, Any]:
        self.sent += 1
        return alert(f"A{self.sent}", f"{self.name}-{self.sent // A_SERVICE}", startsAt=now(),
                     labels={"severity": self.random.choice(["critical", "major", "minor"])},
                     annotations={"summary": "x" * self.random.randrange(200)})

    def batch(self) -> bytes:
        alerts = []
        for _ in range(self.random.randint(1, 16)):
            draw = self.random.random()
            if draw < 0.5 or not self.firing:
                alerts.append(self.new_alert())
                self.firing.append(alerts[-1])
            elif draw < 0.9:
                alerts.append(self.random.choice(self.firing[-100:]))
            else:
                over = self.firing.pop(self.random.randrange(len(self.firing)))
                alerts.append({**over, "endsAt": now()})
        return body(*alerts)

    def work(self) -> None:
        while not self.ending.is_set():
            payload = self.batch()
            answer = self.insist("POST", "/api/v2/alerts", payload)
            if answer.status != 200:
                raise Fault(f"alerts were answered with {answer.status} {answer.text}")
            self.accepted.append(payload)
            pause(self.random.random() * 2 * self.pace)


class Operator(Client):
    """Sends commands with keys, twice now and then."""

    def __init__(self, daemon: Daemon, name: str, seed: int) -> None:
        super().__init__(daemon, name)
        self.random = random.Random(f"{seed} {name}")
        self.answered: dict[str, int] = {}  # key → 200, 409, or 202

    def draw(self, number: int) -> dict[str, Any] | None:
        if number % 5 == 0:
            return {"command": "silence", "matchers": [f'service="quiet-{number}"'], "duration": "1h"}
        answer = self.insist("GET", "/api/v1/incidents?limit=20&sort=-number")
        incidents = answer.value["incidents"] if answer.status == 200 else []
        if not incidents:
            return None
        incident = self.random.choice(incidents)["id"]
        return self.random.choice([{"command": "acknowledge", "incident": incident},
                                   {"command": "comment", "incident": incident, "text": f"looking, {number}"},
                                   {"command": "assign", "incident": incident, "assignee": f"anna-{number}"}])

    def work(self) -> None:
        number = 0
        while not self.ending.is_set():
            number += 1
            command = self.draw(number)
            if command is not None:
                name = f"{self.name}-{number}"
                content = json.dumps({**command, "key": name, "actor": "chaos"}).encode()
                for _ in range(self.random.choice([1, 1, 2])):
                    answer = self.insist("POST", "/api/v1/commands", content)
                    if answer.status not in (200, 202, 409):
                        raise Fault(f"{content!r} was answered with {answer.status} {answer.text}")
                    before = self.answered.setdefault(name, answer.status)
                    if 202 not in (before, answer.status) and before != answer.status:
                        raise Fault(f"{name} was answered with {before}, then with {answer.status}")
            pause(0.05)


class Reloader(Client):
    """Changes the rules on the disk, and says so."""
    patient = False  # a refusal is no fault

    def __init__(self, daemon: Daemon, name: str, rules: list[str], pace: float = 0.15) -> None:
        super().__init__(daemon, name)
        self.rules = rules
        self.pace = pace
        self.reloads = 0

    def work(self) -> None:
        while not self.ending.is_set():
            self.daemon_under_test.write("rules.yaml", self.rules[self.reloads % len(self.rules)])
            answer = self.attempt("POST", "/-/reload")
            if answer is not None and answer.status != 200 and not self.patient:
                raise Fault(f"a reload was answered with {answer.status} {answer.text}")
            self.reloads += 1
            pause(self.pace)


class GrowingFile(Worker):
    """Appends lines, torn now and then, and rotates as logrotate does."""

    def __init__(self, path: pathlib.Path, name: str, seed: int, pace: float = 0.03, rotate_after: int = 150) -> None:
        super().__init__(name)
        self.path = path
        self.random = random.Random(f"{seed} {name}")
        self.pace = pace
        self.rotate_after = rotate_after
        self.written = bytearray()
        self.lines = 0
        self.rotations = 0
        self.size = 0  # of the file that grows

    def rotate(self) -> None:
        for number in range(self.rotations, 0, -1):
            os.rename(f"{self.path}.{number}", f"{self.path}.{number + 1}")
        os.rename(self.path, f"{self.path}.1")
        self.rotations += 1
        self.size = 0

    def append(self, text: bytes) -> None:
        with open(self.path, "ab", buffering=0) as file:
            cut = self.random.randrange(len(text)) if self.random.random() < 0.3 else len(text)
            for piece in (text[:cut], text[cut:]):
                file.write(piece)
                if cut != len(text):
                    pause(self.random.random() * 0.01)
        self.written += text
        self.size += len(text)

    def work(self) -> None:
        while not self.ending.is_set():
            lines = b""
            for _ in range(self.random.randint(1, 8)):
                self.lines += 1
                lines += json.dumps(alert(f"F{self.lines}", f"{self.name}-{self.lines // A_SERVICE}")).encode() + b"\n"
            if self.size and self.lines // self.rotate_after > self.rotations:
                self.rotate()
            self.append(lines)
            pause(self.random.random() * 2 * self.pace)

    def label_sets(self) -> list[str]:
        return [key(json.loads(line)["labels"]) for line in self.written.splitlines()]


class Everything:
    """All of these around one daemon."""

    def __init__(self, daemon: Daemon, seed: int, rules: list[str], senders: int = 3) -> None:
        self.senders = [Sender(daemon, f"sender-{n}", seed) for n in range(senders)]
        self.operator = Operator(daemon, "operator", seed)
        self.reloader = Reloader(daemon, "reloader", rules)
        self.file = GrowingFile(daemon.folder / "export.in", "file", seed)
        self.workers: list[Worker] = [*self.senders, self.operator, self.reloader, self.file]

    def begin(self) -> None:
        for worker in self.workers:
            worker.start()

    def look(self) -> None:
        """A fault of one ends it all."""
        for worker in self.workers:
            if worker.fault:
                raise Fault(worker.fault)

    def end(self) -> None:
        for worker in self.workers:
            worker.ending.set()
        for worker in self.workers:
            worker.end(patience=120)
