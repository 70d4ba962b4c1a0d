"""Sources that send as much as they can, and one that sends a little."""
import json
import random
import time

import poison
from daemon import Answer, Daemon, Fault, Worker, alert, ask, body, pause, until
from journal import Journal
from load import key
from oracle import Verdict, check_journal, check_members, check_published, check_replay, told

SOURCES = [{"name": "loud", "http": {}}, {"name": "quiet", "http": {}},
           {"name": "export", "file": {"path": "export.in", "follow": True}}]
LABEL_SETS = 5000
BATCH = 5000       # alerts in one post of the loud ones at first
PIECES = [BATCH, 500, 50, 5, 1]
LINES = 600_000    # in the file
MADE = 20_000      # lines of it that are made; the others are the same again
LASTS = 3.0        # seconds
SLOWEST = 3.0      # seconds until a quiet alert is answered
MEMORY = 900 << 20  # bytes; what may wait is bounded, and all of it at once is far less


def flood_alert(number: int) -> dict[str, object]:
    return alert(f"F{number % LABEL_SETS}", f"flood-{number % LABEL_SETS // 50}",
                 annotations={"summary": "x" * (number % 97)})


class Loud(Worker):
    """Never waits, whatever it is told: what is refused it sends in smaller pieces, until there is no room for one."""

    def __init__(self, daemon: Daemon, number: int) -> None:
        super().__init__(f"loud-{number}")
        self.flooded = daemon
        self.payloads = [body(*(flood_alert(number * BATCH + n) for n in range(size))) for size in PIECES]
        self.accepted = 0
        self.alerts = 0
        self.refused = 0

    def work(self) -> None:
        connection = self.flooded.connect()
        piece = 0
        while not self.ending.is_set():
            answer = ask(connection, "POST", "/api/v2/alerts?source=loud", self.payloads[piece])
            if answer.status == 200:
                self.accepted += 1
                self.alerts += PIECES[piece]
            elif answer.status in (429, 503) and "retry-after" in answer.headers:
                self.refused += 1
                piece = min(piece + 1, len(PIECES) - 1)
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
            payload = body(alert(f"Q{len(self.accepted)}", f"quiet-{len(self.accepted) // 10}",
                                 annotations={"summary": "y" * 2000}))
            began = time.monotonic()
            answer: Answer = ask(connection, "POST", "/api/v2/alerts?source=quiet", payload)
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status == 200:
                self.accepted.append(payload)
            else:
                self.refused += 1
            pause(0.05)


class Flood:
    """All of them around one daemon, which runs."""

    def __init__(self, daemon: Daemon, file: bytes) -> None:
        self.daemon = daemon
        self.file = file
        self.loud = [Loud(daemon, number) for number in range(4)]
        self.quiet = Quiet(daemon)

    def last(self, seconds: float) -> None:
        for worker in [*self.loud, self.quiet]:
            worker.start()
        pause(seconds)
        for worker in [*self.loud, self.quiet]:
            worker.end()

    def finish(self, verdict: Verdict, others: list[bytes], reasons: int = 0) -> None:
        """Until all of it is taken; `others`: what was posted besides."""
        peak = self.daemon.peak_memory()

        def read() -> bool:
            with Journal(self.daemon.state) as journal:
                return journal.resume("export")[1] == len(self.file)
        until(read, "the file is read to its end", patience=120, pace=0.1)
        until(self.daemon.settled, "all of it is taken", patience=120)
        posts = [*self.quiet.accepted, *others]
        sent = {key(a["labels"]) for payload in posts for a in json.loads(payload)}
        sent |= {key(flood_alert(n)["labels"]) for n in range(LABEL_SETS)}
        told(self.daemon.folder, sent, patience=60)
        self.daemon.stop(patience=60)

        verdict.expect(self.quiet.refused == 0 and len(self.quiet.accepted) > 0,
                       f"the quiet one was refused {self.quiet.refused} times of {len(self.quiet.accepted)}")
        verdict.expect(self.quiet.slowest <= SLOWEST, f"the quiet one waited {self.quiet.slowest:.1f} s")
        verdict.expect(peak <= MEMORY, f"it took {peak >> 20} MiB")
        accepted = sum(worker.accepted for worker in self.loud)
        with Journal(self.daemon.state) as journal:
            kept = sum(1 for record in journal.records() if record.source == "loud") - reasons
            if kept < accepted:
                verdict.lose("posts of the loud ones", [f"{accepted - kept} of {accepted}"])
            if kept > accepted:
                verdict.double("posts of the loud ones", [f"{kept - accepted} more than {accepted}"])
            check_journal(verdict, journal, posts, {"export": self.file})
            check_published(verdict, self.daemon.folder, journal)
        check_replay(verdict, self.daemon.folder)
        check_members(verdict, sent, self.daemon.folder)
        verdict.figures |= {"MiB": peak >> 20, "ms for the slowest quiet post": round(self.quiet.slowest * 1000)}


def file_of(daemon: Daemon, lines: int, draw: random.Random) -> bytes:
    some = b"".join(json.dumps(flood_alert(draw.randrange(LABEL_SETS))).encode() + b"\n" for _ in range(MADE))
    (daemon.folder / "export.in").write_bytes(some * (lines // MADE))
    return some * (lines // MADE)


def at_full_speed(verdict: Verdict, draw: random.Random) -> None:
    with Daemon(sources=SOURCES) as daemon:
        file = file_of(daemon, LINES, draw)
        daemon.start()
        flood = Flood(daemon, file)
        flood.last(LASTS)
        flood.finish(verdict, [])
        verdict.figures |= {"alerts accepted of the loud": sum(w.alerts for w in flood.loud), "lines": LINES}


def while_nothing_is_taken(verdict: Verdict, draw: random.Random) -> None:
    """The shard stands still on a record: what may wait is bounded, and shared."""
    with Daemon(sources=SOURCES) as daemon:
        file = file_of(daemon, LINES, draw)
        accepted, position = poison.halt(daemon)
        flood = Flood(daemon, file)
        flood.last(LASTS)
        refused = sum(worker.refused for worker in flood.loud)
        verdict.expect(refused > 0, "nothing was taken, and no flood was refused")
        done = daemon.command(command="skip", position=position, reason="crashes the engine", actor="anna")
        verdict.expect(done.status in (200, 202), f"skip was answered with {done.status} {done.text}")
        flood.finish(verdict, accepted, reasons=len(accepted) + 1)
        verdict.figures["posts refused while nothing was taken"] = refused


def run(verdict: Verdict, seed: int) -> None:
    draw = random.Random(seed)
    while_nothing_is_taken(verdict, draw)
    at_full_speed(verdict, draw)
