"""Sources that send as much as they can, and one that sends a little."""
import json
import random
import time

from daemon import Answer, Daemon, Fault, Worker, alert, ask, body, pause, until
from load import key
from oracle import Verdict, check_journal, check_members, check_published, check_replay, told
from journal import Journal

SOURCES = [{"name": "loud", "http": {}}, {"name": "quiet", "http": {}},
           {"name": "export", "file": {"path": "export.in", "follow": True}}]
LABEL_SETS = 5000
BATCH = 5000       # alerts in one post of the loud ones: about a megabyte
LINES = 600_000    # in the file
LASTS = 6.0        # seconds
SLOWEST = 3.0      # seconds until a quiet alert is answered
MEMORY = 900 << 20  # bytes; what may wait is bounded, and all of it at once is far less


def flood_alert(number: int) -> dict[str, object]:
    return alert(f"F{number % LABEL_SETS}", f"flood-{number % LABEL_SETS // 50}",
                 annotations={"summary": "x" * (number % 97)})


class Loud(Worker):
    """Never waits, whatever it is told."""

    def __init__(self, daemon: Daemon, number: int) -> None:
        super().__init__(f"loud-{number}")
        self.flooded = daemon
        begin = number * BATCH
        self.payload = body(*(flood_alert(n) for n in range(begin, begin + BATCH)))
        self.accepted = 0
        self.refused = 0

    def work(self) -> None:
        connection = self.flooded.connect()
        while not self.ending.is_set():
            answer = ask(connection, "POST", "/api/v2/alerts?source=loud", self.payload)
            if answer.status == 200:
                self.accepted += 1
            elif answer.status in (429, 503) and "retry-after" in answer.headers:
                self.refused += 1
            else:
                raise Fault(f"a flood was answered with {answer.status} {answer.text}")


class Quiet(Worker):
    def __init__(self, daemon: Daemon) -> None:
        super().__init__("quiet")
        self.flooded = daemon
        self.accepted: list[bytes] = []
        self.refused = 0
        self.slowest = 0.0

    def work(self) -> None:
        connection = self.flooded.connect()
        while not self.ending.is_set():
            payload = body(alert(f"Q{len(self.accepted)}", f"quiet-{len(self.accepted) // 10}"))
            began = time.monotonic()
            answer: Answer = ask(connection, "POST", "/api/v2/alerts?source=quiet", payload)
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status == 200:
                self.accepted.append(payload)
            else:
                self.refused += 1
            pause(0.05)


def run(verdict: Verdict, seed: int) -> None:
    draw = random.Random(seed)
    with Daemon(sources=SOURCES) as daemon:
        lines = b"".join(json.dumps(flood_alert(draw.randrange(LABEL_SETS))).encode() + b"\n" for _ in range(20_000))
        (daemon.folder / "export.in").write_bytes(lines * (LINES // 20_000))
        daemon.start()
        loud = [Loud(daemon, number) for number in range(4)]
        quiet = Quiet(daemon)
        for worker in [*loud, quiet]:
            worker.start()
        pause(LASTS)
        for worker in [*loud, quiet]:
            worker.end()
        daemon.get("/api/v1/status")
        peak = daemon.peak_memory()
        size = (daemon.folder / "export.in").stat().st_size

        def read() -> bool:
            with Journal(daemon.state) as journal:
                return journal.resume("export")[1] == size
        until(read, "the file is read to its end", patience=120, pace=0.1)
        until(lambda: daemon.settled(), "all of it is taken", patience=120)
        sent = {key(a["labels"]) for payload in quiet.accepted for a in json.loads(payload)}
        sent |= {key(flood_alert(n)["labels"]) for n in range(LABEL_SETS)}
        told(daemon.folder, sent, patience=60)
        daemon.stop(patience=60)

        verdict.expect(quiet.refused == 0, f"the quiet one was refused {quiet.refused} times")
        verdict.expect(quiet.slowest <= SLOWEST, f"the quiet one waited {quiet.slowest:.1f} s")
        verdict.expect(peak <= MEMORY, f"it took {peak >> 20} MiB")
        with Journal(daemon.state) as journal:
            kept = [record for record in journal.records() if record.source == "loud"]
            accepted = sum(worker.accepted for worker in loud)
            if len(kept) < accepted:
                verdict.lose("posts of the loud ones", [f"{accepted - len(kept)} of {accepted}"])
            if len(kept) > accepted:
                verdict.double("posts of the loud ones", [f"{len(kept) - accepted} more than {accepted}"])
            check_journal(verdict, journal, quiet.accepted, {"export": lines * (LINES // 20_000)})
            check_published(verdict, daemon.folder, journal)
        check_replay(verdict, daemon.folder)
        check_members(verdict, sent, daemon.folder)
        verdict.figures |= {"alerts accepted of the loud": accepted * BATCH, "lines": LINES,
                            "posts refused": sum(worker.refused for worker in loud), "MiB": peak >> 20,
                            "ms for the slowest quiet post": round(quiet.slowest * 1000)}
