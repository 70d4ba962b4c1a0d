"""A wall clock that somebody sets wrong: an hour back, ten years ahead; while the daemon runs, and before it starts."""
import contextlib
import mmap
import os
import pathlib
import shutil
import struct
import subprocess
import time
from typing import Iterator

import daemon as daemons
from daemon import Daemon, alert, until
from journal import Journal
from kill_loop import finish
from load import SOURCES, Everything, key
from oracle import Verdict, check_journal, check_members, check_published, check_replay, documents, told

HOUR = 3600
YEARS = 10 * 365 * 24 * HOUR
MOST_WRONG = 60  # seconds that log time may be away from the true time; the daemon follows a minute


class NoShim(Exception):
    """The daemon's clock can't be set here."""


class WallClock:
    """Of one daemon; the machine's stays as it is."""

    def __init__(self, folder: pathlib.Path) -> None:
        compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise NoShim("no C compiler for the clock's shim")
        shim = folder / "wall_clock.so"
        done = subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(shim),
                               str(pathlib.Path(__file__).with_name("wall_clock.c"))], capture_output=True, text=True)
        if done.returncode != 0:
            raise NoShim(done.stderr.strip())
        self.path = folder / "wall_clock"
        self.path.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(shim), "CHAOS_CLOCK": str(self.path)}

    def set_wrong(self, seconds: int) -> None:
        """One store of eight bytes: no reader sees half of it."""
        with open(self.path, "r+b") as file, mmap.mmap(file.fileno(), 8) as seen:
            seen[:] = struct.pack("<q", seconds)


@contextlib.contextmanager
def daemon_with_clock(**changes: object) -> Iterator[tuple[Daemon, WallClock]]:
    with Daemon(**changes) as daemon:
        clock = WallClock(daemon.folder)
        yield daemon, clock


def difference(daemon: Daemon) -> float:
    for line in daemon.ask("GET", "/metrics").text.splitlines():
        if line.startswith("triaged_clock_difference_seconds "):
            return float(line.split()[1])
    return 0.0


def last_log_time(daemon: Daemon) -> float:
    with Journal(daemon.state) as journal:
        return journal.records()[-1].log_time / 1000


def live_with(verdict: Verdict, daemon: Daemon, clock: WallClock, load: Everything, wrong: int) -> None:
    """The clock jumps while it works: it is told, and log time goes on."""
    clock.set_wrong(wrong)
    until(lambda: abs(difference(daemon) - wrong) < MOST_WRONG, f"the metric says {wrong} s")
    accepted = sum(len(sender.accepted) for sender in load.senders)
    until(lambda: sum(len(s.accepted) for s in load.senders) > accepted + 30 or load.look(), "alerts go in")
    verdict.expect("event=clock_jumped" in daemon.log(), "a clock that jumped is not in the log")
    verdict.expect(daemon.ready() == "", f"with a clock that is {wrong} s wrong, ready says: {daemon.ready()}")
    away = last_log_time(daemon) - time.time()
    verdict.expect(abs(away) < MOST_WRONG, f"with a clock that is {wrong} s wrong, log time is {away:.0f} s away")


def jumps(verdict: Verdict, seed: int) -> None:
    with daemon_with_clock(sources=SOURCES, snapshot={"interval": "200ms"}) as (daemon, clock):
        load = Everything(daemon, seed, [daemons.RULES])
        load.begin()
        daemon.start(**clock.environment)
        for wrong in (-HOUR, YEARS, -YEARS):
            live_with(verdict, daemon, clock, load, wrong)
            clock.set_wrong(0)
            until(lambda: abs(difference(daemon)) < 1, "the metric says that all is well again")
        # The plug, with a clock that is wrong; and started with another one that is wrong.
        clock.set_wrong(YEARS)
        until(lambda: difference(daemon) > HOUR, "it sees the clock")
        daemon.kill()
        code, said = daemon.refused(**clock.environment)
        verdict.expect(code == 78 and "30 days ahead" in said, f"started ten years ahead: exit {code}: {said[-300:]}")
        clock.set_wrong(-HOUR)
        daemon.start(**clock.environment)
        until(lambda: difference(daemon) < -HOUR + MOST_WRONG, "it tells of the hour")
        live_with(verdict, daemon, clock, load, -HOUR)
        daemon.kill()
        clock.set_wrong(0)
        finish(verdict, daemon, load)
        with Journal(daemon.state) as journal:
            clamped = sum(1 for cut in journal.cuts() if cut.fields["clamped"] != "0")
        verdict.expect(clamped > 0, "no cut says that log time did not follow the clock")
        # What never ended must not have been ended by a clock.
        over = {d["id"] for d in documents(daemon.folder / "incidents.ndjson")
                if d["services"][0].startswith("file-") and d["state"] in ("resolved", "closed")}
        verdict.expect(not over, f"{len(over)} incidents are over though nothing of them ended")
        verdict.figures["cuts with another clock"] = clamped


def accepted_years(verdict: Verdict) -> None:
    """Ten years ahead, and an operator says that it is so: then all that is timed comes due, once; and log time never
    goes back when it turns out to be wrong."""
    with daemon_with_clock() as (daemon, clock):
        accepted = []

        def post(name: str) -> None:
            payload = [alert(name, name)]
            if daemon.post(*payload).status == 200:
                accepted.append(daemons.body(*payload))

        daemon.start(**clock.environment)
        for number in range(20):
            post(f"before-{number}")
        daemon.settled()
        daemon.stop()
        clock.set_wrong(YEARS)
        code, said = daemon.refused(**clock.environment)
        verdict.expect(code == 78 and "--accept-clock" in said, f"started ten years ahead: exit {code}: {said[-300:]}")
        daemon.start("--accept-clock", **clock.environment)
        post("ahead")
        until(lambda: len({d["id"] for d in documents(daemon.folder / "incidents.ndjson")
                           if d["state"] in ("resolved", "closed")}) >= 20, "what was open is over")
        daemon.kill()
        clock.set_wrong(0)
        daemon.start(**clock.environment)
        until(lambda: "event=clock_jumped" in daemon.log(), "it tells of the years")
        post("after")
        daemon.settled()
        sent = {key({"alertname": n, "service": n, "severity": "major"})
                for n in [*(f"before-{i}" for i in range(20)), "ahead", "after"]}
        told(daemon.folder, sent)
        daemon.stop()
        with Journal(daemon.state) as journal:
            check_journal(verdict, journal, accepted, {})
            check_published(verdict, daemon.folder, journal)
        check_replay(verdict, daemon.folder)
        check_members(verdict, sent, daemon.folder)


def run(verdict: Verdict, seed: int) -> None:
    try:
        accepted_years(verdict)
        jumps(verdict, seed)
    except NoShim as error:
        verdict.skipped = str(error)
