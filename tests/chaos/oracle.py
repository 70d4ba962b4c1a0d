"""What must be true after anything that was done to a daemon, seen from what it promised and what it left behind."""
import collections
import json
import pathlib
import subprocess
from typing import Any, Callable, Iterable

import daemon as daemons
from daemon import Daemon, Fault, until
from journal import Journal, broken_chain
from load import key

MOST_TOLD = 3


class Verdict:
    """Counts; lost and doubled must be 0, and faults none."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.lost = 0
        self.doubled = 0
        self.faults: list[str] = []
        self.skipped = ""

    def lose(self, what: str, names: Iterable[str]) -> None:
        found = sorted(names)
        self.lost += len(found)
        if found:
            self.faults.append(f"lost: {len(found)} {what}: {', '.join(found[:MOST_TOLD])}")

    def double(self, what: str, names: Iterable[str]) -> None:
        found = sorted(names)
        self.doubled += len(found)
        if found:
            self.faults.append(f"doubled: {len(found)} {what}: {', '.join(found[:MOST_TOLD])}")

    def expect(self, good: bool, otherwise: str) -> None:
        if not good:
            self.faults.append(otherwise)


def documents(path: pathlib.Path) -> list[dict[str, Any]]:
    """Of whole lines: the last one may still be written."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def told(folder: pathlib.Path, sent: set[str], patience: float = 20.0) -> None:
    """Waits until each label set has a record, if it ever comes: a rule may hold it."""
    try:
        until(lambda: sent <= {key(record["labels"]) for record in documents(folder / "alerts.ndjson")},
              "records of all label sets", patience, pace=0.2)
    except Fault:
        pass  # check_members() says which


def check_published(verdict: Verdict, folder: pathlib.Path, journal: Journal,
                    topics: Iterable[str] = ("incidents", "alerts", "audit")) -> None:
    """The files hold what was committed, byte for byte."""
    blocks = journal.blocks()
    for topic in topics:
        committed = b"".join(o.value + b"\n" for block in blocks.values() for o in block if o.topic == topic)
        path = folder / f"{topic}.ndjson"
        published = path.read_bytes() if path.exists() else b""
        if published == committed:
            continue
        ours, theirs = collections.Counter(committed.splitlines()), collections.Counter(published.splitlines())
        verdict.lose(f"lines of {path.name}", (line.decode()[:80] for line in (ours - theirs)))
        verdict.double(f"lines of {path.name}", (line.decode()[:80] for line in (theirs - ours)))
        verdict.expect(False, f"{path.name} is not what was committed: {len(published)} bytes of {len(committed)}")


def check_replay(verdict: Verdict, folder: pathlib.Path) -> None:
    """The log, run again without the daemon, gives what was published, byte for byte."""
    again = {topic: folder / f"{topic}.again" for topic in ("incidents", "alerts", "audit")}
    done = subprocess.run([daemons.BINARY, "replay", "--log", str(folder / "triaged.yaml"),
                           "--incidents", str(again["incidents"]), "--records", str(again["alerts"]),
                           "--audit", str(again["audit"])], capture_output=True, text=True, timeout=120)
    verdict.expect(done.returncode == 0, f"replay --log: exit {done.returncode}: {done.stderr[-300:]}")
    for topic, path in again.items():
        published = folder / f"{topic}.ndjson"
        same = path.exists() and path.read_bytes() == (published.read_bytes() if published.exists() else b"")
        verdict.expect(same, f"replay --log gives other {topic} than were published")


def check_revisions(verdict: Verdict, incidents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Ids are used once, revisions count from 1 without gaps; the last document of each."""
    last: dict[str, dict[str, Any]] = {}
    for document in incidents:
        name = document["id"]
        expected = last[name]["revision"] + 1 if name in last else 1
        if document["revision"] > expected:
            verdict.lose("revisions", [f"{name} revision {expected}"])
        elif document["revision"] < expected:
            verdict.double("revisions", [f"{name} revision {document['revision']}"])
        opened = document["change"] == "opened"
        verdict.expect(opened == (document["revision"] == 1), f"{name} revision {document['revision']} says "
                       f"{document['change']}")
        last[name] = document
    numbers = sorted(int(name.rsplit("-", 1)[1]) for name in last)
    verdict.expect(numbers == list(range(1, len(numbers) + 1)), "numbers of incidents have gaps")
    return last


def check_members(verdict: Verdict, sent: set[str], folder: pathlib.Path) -> None:
    """Each label set has records, and is a member of one incident or has a reason why not."""
    incidents = check_revisions(verdict, documents(folder / "incidents.ndjson"))
    last = {key(record["labels"]): record for record in documents(folder / "alerts.ndjson")}
    verdict.lose("label sets without a record", sent - last.keys())
    verdict.double("label sets that nobody sent", last.keys() - sent)
    verdict.lose("label sets without an incident and a reason",
                 (name for name, record in last.items() if not record.get("incident") and not record.get("reason")))
    members = sum(1 for record in last.values() if record.get("incident"))
    counted = sum(d["alertCount"] for d in incidents.values() if d["state"] != "merged")
    if counted < members:
        verdict.lose("members", [f"{members - counted} of {members}"])
    if counted > members:
        verdict.double("members", [f"{counted - members} more than {members}"])
    verdict.figures |= {"label sets": len(sent), "incidents": len(incidents)}


def check_commands(verdict: Verdict, answered: dict[str, int], folder: pathlib.Path) -> None:
    """Each was done once, and as it was answered."""
    done: dict[str, list[bool]] = collections.defaultdict(list)
    for record in documents(folder / "audit.ndjson"):
        if not record["repeated"]:
            done[record.get("key", "")].append(record["accepted"])
    verdict.lose("commands", answered.keys() - done.keys())
    verdict.double("commands", (name for name, times in done.items() if name in answered and len(times) > 1))
    for name, status in answered.items():
        verdict.expect(status == 202 or not done[name] or done[name][0] == (status == 200),
                       f"command {name} was answered with {status}, and the audit says otherwise")
    verdict.figures["commands"] = len(answered)


def check_journal(verdict: Verdict, journal: Journal, accepted: Iterable[bytes], lines: dict[str, bytes]) -> None:
    """All that was answered with 200 stands in the log as it was sent; of files every byte, once, in order."""
    records = journal.records()
    payloads = {record.payload for record in records if record.kind == "alerts"}
    posts = list(accepted)
    verdict.lose("posts that were answered with 200", (p.decode()[:80] for p in posts if p not in payloads))
    for source, written in lines.items():
        read = b"".join(r.payload for r in records if r.kind == "lines" and r.source == source)
        if read != written:
            ours, theirs = collections.Counter(written.splitlines()), collections.Counter(read.splitlines())
            verdict.lose(f"lines of the source {source}", (line.decode() for line in (ours - theirs).elements()))
            verdict.double(f"lines of the source {source}", (line.decode() for line in (theirs - ours).elements()))
            verdict.expect(False, f"the source {source} was not read as it was written")
    broken = broken_chain(journal)
    verdict.expect(broken is None, f"the log: {broken}")
    verdict.figures |= {"posts": len(posts), "records": len(records), "cuts": len(journal.cuts())}


def check_everything(verdict: Verdict, daemon: Daemon, accepted: list[bytes], lines: dict[str, bytes], sent: set[str],
                     answered: dict[str, int], replay: Callable[[Verdict, pathlib.Path], None]) -> None:
    """After a clean stop."""
    with Journal(daemon.state) as journal:
        check_journal(verdict, journal, accepted, lines)
        check_published(verdict, daemon.folder, journal)
    replay(verdict, daemon.folder)
    check_members(verdict, sent, daemon.folder)
    check_commands(verdict, answered, daemon.folder)
