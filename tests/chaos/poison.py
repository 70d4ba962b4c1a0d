"""A record that crashes the engine whenever it is taken."""
import http.client
import json
import re

from daemon import Daemon, Fault, alert, body, until
from journal import Journal
from load import key
from oracle import Verdict, check_journal, check_members, check_published, check_replay, documents, told

MARK = "arsenic"
POISON = {"TRIAGED_TEST_POISON": MARK}
MOST_DEATHS = 4  # of the daemon that got it, and of three that took it alone


def send(daemon: Daemon, *alerts: dict) -> bytes:
    answer = daemon.post(*alerts)
    if answer.status != 200:
        raise Fault(f"alerts were answered with {answer.status} {answer.text}")
    return body(*alerts)


def lives(daemon: Daemon, poison: dict[str, str]) -> bool:
    """Starts it; whether it stays, with the record still before it."""
    daemon.spawn(**poison)
    until(lambda: not daemon.alive() or (daemon.address() and said(daemon)), "it dies or says why it is not ready")
    if not daemon.alive() and daemon.process.returncode != -6:
        raise Fault(f"it ended, exit {daemon.process.returncode}: {daemon.last_words()}")
    return daemon.alive()


def said(daemon: Daemon) -> str:
    try:
        return daemon.ready()
    except (OSError, http.client.HTTPException):
        return ""


def halt(daemon: Daemon) -> tuple[list[bytes], int]:
    """Starts it, and stops its shard: what was accepted before, and the position of the record that it stands before."""
    daemon.start(**POISON)
    accepted = [send(daemon, *(alert(f"A{n}-{m}", f"s{n % 3}") for m in range(3))) for n in range(10)]
    daemon.settled()
    try:
        daemon.post(alert(MARK))
    except (OSError, http.client.HTTPException):
        pass
    if daemon.wait() != -6:
        raise Fault("the poison does not work")
    deaths = 1
    while not lives(daemon, POISON):
        deaths += 1
        if deaths > MOST_DEATHS:
            raise Fault(f"it crashed {deaths} times on one record")
    reason = daemon.ready()
    found = re.search(r"position (\d+)", reason)
    if found is None or "skip" not in reason:
        raise Fault(f"not ready does not say what to do: {reason}")
    return accepted, int(found.group(1))


def run(verdict: Verdict) -> None:
    with Daemon() as daemon:
        accepted, position = halt(daemon)

        # What comes meanwhile is kept; nothing else can be left out.
        accepted.append(send(daemon, alert("meanwhile", "s1")))
        wrong = daemon.command(command="skip", position=position + 1, reason="a guess")
        verdict.expect(wrong.status in (409, 503), f"to skip another record was answered with {wrong.status}")
        done = daemon.command(command="skip", position=position, reason="crashes the engine", actor="anna")
        verdict.expect(done.status in (200, 202), f"skip was answered with {done.status} {done.text}")
        until(lambda: daemon.ready() == "", "ready again")
        accepted.append(send(daemon, alert("afterwards", "s1")))
        sent = {key(a["labels"]) for payload in accepted for a in json.loads(payload)}
        told(daemon.folder, sent)
        daemon.stop()
        # With the record in the journal and no snapshot that is newer, it must not be taken again either.
        daemon.start(**POISON)
        verdict.expect(daemon.ready() == "", f"not ready after a restart: {daemon.ready()}")
        daemon.stop()

        audit = [a for a in documents(daemon.folder / "audit.ndjson") if a["command"] == "skip" and a["accepted"]]
        verdict.expect([a["position"] for a in audit] == [position], f"the audit says {audit}")
        with Journal(daemon.state) as journal:
            check_journal(verdict, journal, accepted, {})
            check_published(verdict, daemon.folder, journal)
            check_replay(verdict, daemon.folder)
            rejected = [json.loads(o.value) for o in journal.outputs("rejected")]
            verdict.expect([(r["position"], r["code"]) for r in rejected] == [(position, "skipped")],
                           f"rejected says {rejected}")
        check_members(verdict, sent, daemon.folder)
