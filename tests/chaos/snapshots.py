"""Snapshots that are torn, altered, gone, or can't be written. The log is the truth; they only save time."""
import hashlib
import pathlib
import random
import re
import shutil
import sqlite3
import struct
from typing import Any, Callable

import daemon as daemons
from daemon import Daemon, Fault, alert, until
from journal import Journal
from kill_loop import finish
from load import SOURCES, Everything, key
from oracle import Verdict, documents, told

MAGIC = b"triaged snapshot 1\n"
HASH_DIGITS = 64
TRAILER = 8 + HASH_DIGITS + len(MAGIC)

Damage = Callable[[pathlib.Path, random.Random], None]


def manifest_at(data: bytes) -> int:
    """Where the manifest begins, which follows the state."""
    (length,) = struct.unpack_from("<Q", data, len(data) - TRAILER)
    return len(data) - TRAILER - length


def cut_of(path: pathlib.Path) -> int:
    """That it was taken after; 0: it is not there, or damaged."""
    try:
        data = path.read_bytes()
        at = manifest_at(data)
        digest = hashlib.sha256(data[at:len(data) - TRAILER]).hexdigest().encode()
        if not data.endswith(digest + MAGIC):
            return 0
        return struct.unpack_from("<Q", data, at)[0]
    except (OSError, struct.error):
        return 0


def tear(path: pathlib.Path, draw: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:draw.randrange(len(data))])


def flip(path: pathlib.Path, at: int, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def flip_in_state(path: pathlib.Path, draw: random.Random) -> None:
    flip(path, draw.randrange(manifest_at(path.read_bytes())), draw)


def flip_behind(path: pathlib.Path, draw: random.Random) -> None:
    data = path.read_bytes()
    flip(path, draw.randrange(manifest_at(data), len(data)), draw)


def truncate(path: pathlib.Path, _: random.Random) -> None:
    path.write_bytes(b"")


DAMAGES: list[Damage] = [tear, flip_in_state, flip_behind, truncate]


def by_age(daemon: Daemon) -> list[pathlib.Path]:
    """The newer one first."""
    return sorted((daemon.state / f"snapshot-{slot}" for slot in "ab"), key=cut_of, reverse=True)


def two_since(daemon: Daemon, cut: int) -> bool:
    """Both snapshots are of this life."""
    return min(cut_of(daemon.state / f"snapshot-{slot}") for slot in "ab") > cut


def began_after(daemon: Daemon) -> int:
    """The cut of the snapshot from which it recovered; 0: none."""
    return int(re.search(r"event=recovered .*?snapshot_cut=(\d+)", daemon.log())[1])


def damaged(verdict: Verdict, seed: int) -> None:
    """Each kind of damage, to the newer one, the older one, both: it begins at what is good, and says what is not."""
    draw = random.Random(seed)
    with Daemon(sources=SOURCES, snapshot={"interval": "100ms"}) as daemon:
        load = Everything(daemon, seed, [daemons.RULES])
        load.begin()
        count = 0
        for damage in DAMAGES:
            for which in ([0], [1], [0, 1]):
                daemon.start()
                before = daemon.settled()["log"]["lastCut"]
                until(lambda: two_since(daemon, before) or load.look(), "snapshots are taken")
                daemon.kill()
                both = by_age(daemon)
                cuts = [cut_of(path) for path in both]
                with Journal(daemon.state) as journal:
                    last = len(journal.cuts())
                for index in which:
                    damage(both[index], draw)
                daemon.start(TRIAGED_TEST_CRASH_AT="snapshot-begin:1")
                daemon.wait()
                what = f"{damage.__name__} of {[both[index].name for index in which]}"
                good = [cut for index, cut in enumerate(cuts) if index not in which]
                # One that is ahead of the log's last cut is not used either.
                verdict.expect(began_after(daemon) in {good[0] if good else 0, cuts[-1] if 1 not in which else 0},
                               f"{what}: it began after cut {began_after(daemon)}, and there were {cuts}")
                if 0 in which and cuts[0] <= last:
                    verdict.expect(both[0].name in daemon.log(), f"{what}: it does not say so")
                count += 1
        finish(verdict, daemon, load)
        verdict.figures["snapshots damaged"] = count


def let_go(state: pathlib.Path, through_cut: int) -> None:
    """As retention does: what the older snapshot and the publishers do not need."""
    with sqlite3.connect(state / "log.db") as database:
        (through,) = database.execute("select through from cuts where number = ?", [through_cut]).fetchone()
        (published,) = database.execute("select min(cut) from publishers").fetchone()
        database.execute("delete from journal where position <= ?", [through])
        database.execute("delete from cuts where number < ?", [min(through_cut, published)])
        for table in ("outputs", "rejected"):
            database.execute(f"delete from {table} where cut < ?", [min(through_cut, published)])
    database.close()


def nothing_to_begin_with(verdict: Verdict) -> None:
    """Both are damaged, and the log's first records were let go: it refuses, touches nothing, and goes on once it has
    one of them back."""
    with Daemon(snapshot={"interval": "100ms"}) as daemon:
        daemon.start()
        number = 0
        sent: list[dict[str, Any]] = []

        def one_more() -> bool:
            nonlocal number
            number += 1
            sent.append(alert(f"A{number}", f"s{number % 7}"))
            daemon.post(sent[-1])
            return two_since(daemon, 0)
        until(one_more, "snapshots are taken")
        daemon.kill()
        both = by_age(daemon)
        let_go(daemon.state, cut_of(both[1]))
        kept = daemon.folder / "kept"
        kept.mkdir()
        for path in both:
            shutil.copy(path, kept)
            flip_in_state(path, random.Random(1))
        code, said = daemon.refused()
        verdict.expect(code == 70 and "is needed, and it is not there" in said, f"exit {code}: {said[-300:]}")
        verdict.expect(all(path.name in said for path in both), f"it does not say which are damaged: {said[-600:]}")
        shutil.copy(kept / both[1].name, both[1])
        daemon.start()
        daemon.settled()
        verdict.expect(daemon.ready() == "", f"with a snapshot, ready says: {daemon.ready()}")
        told(daemon.folder, {key(a["labels"]) for a in sent})
        daemon.stop()
        last = {d["id"]: d["alertCount"] for d in documents(daemon.folder / "incidents.ndjson")}
        if sum(last.values()) != number:
            verdict.lose("alerts", [f"{number - sum(last.values())} of {number}"])


def none(verdict: Verdict) -> None:
    """It can't take any: the log is enough."""
    with Daemon(snapshot={"interval": "100ms"}) as daemon:
        for slot in "ab":
            (daemon.state / f"snapshot-{slot}.part").mkdir(parents=True)
        daemon.start()
        until(lambda: daemon.post(alert("A")).status == 200 and "event=snapshot_failed" in daemon.log(),
              "a snapshot fails", pace=0.05)
        verdict.expect(daemon.ready() == "", f"without a snapshot, ready says: {daemon.ready()}")
        daemon.stop()
        daemon.start()
        daemon.settled()
        if daemon.get("/api/v1/incidents")["incidents"][0]["alertCount"] != 1:
            raise Fault("without a snapshot the state is another one")
        daemon.stop()


def run(verdict: Verdict, seed: int) -> None:
    none(verdict)
    nothing_to_begin_with(verdict)
    damaged(verdict, seed)
