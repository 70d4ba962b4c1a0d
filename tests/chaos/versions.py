"""Another version of the engine on a journal that it did not write: it goes on where nothing has to be run again, else
it refuses and says which version is needed, or an operator takes it upon himself."""
import re
import pathlib
import subprocess

import daemon as daemons
from daemon import Daemon, until
from journal import Journal
from kill_loop import finish
from load import SOURCES, Everything
from oracle import Verdict, documents

OLD = {"TRIAGED_TEST_ENGINE_VERSION": "0"}


def live(daemon: Daemon, load: Everything, **environment: str) -> None:
    daemon.start(**environment)
    accepted = sum(len(sender.accepted) for sender in load.senders)
    until(lambda: sum(len(s.accepted) for s in load.senders) > accepted + 40 or load.look(), "alerts go in")


def tail_of(daemon: Daemon) -> tuple[int, bytes]:
    with Journal(daemon.state) as journal:
        cuts = journal.cuts()
        return len(cuts), b"".join(record.payload for record in journal.records())


def check_replay_of_rest(verdict: Verdict, folder: pathlib.Path) -> None:
    """What this version made is what it makes again; what came before stays as it was."""
    path = folder / "alerts.again"
    done = subprocess.run([daemons.BINARY, "replay", "--log", str(folder / "triaged.yaml"), "--records", str(path)],
                          capture_output=True, text=True, timeout=120)
    verdict.expect(done.returncode == 0, f"replay --log: exit {done.returncode}: {done.stderr[-300:]}")
    again = path.read_bytes()
    verdict.expect(len(again) > 0 and (folder / "alerts.ndjson").read_bytes().endswith(again),
                   "replay --log gives other alerts than were published")
    verdict.figures["bytes replayed"] = len(again)


def run(verdict: Verdict, seed: int) -> None:
    # Snapshots are rare: what a kill leaves behind is a tail.
    with Daemon(sources=SOURCES) as daemon:
        load = Everything(daemon, seed, [daemons.RULES])
        load.begin()
        live(daemon, load, **OLD)
        daemon.stop()
        # A clean stop leaves nothing to be run again.
        live(daemon, load)
        daemon.kill()
        live(daemon, load)
        daemon.stop()

        live(daemon, load, **OLD)
        daemon.kill()
        before = tail_of(daemon)
        code, said = daemon.refused()
        verdict.expect(code == 78 and "engine version 0" in said and "--accept-engine-change" in said,
                       f"with a tail of another version: exit {code}: {said[-300:]}")
        verdict.expect(tail_of(daemon) == before, "a start that was refused changed the log")
        # The version that is needed, once.
        live(daemon, load, **OLD)
        daemon.stop()
        live(daemon, load)
        daemon.stop()
        verdict.expect(not changes(daemon), f"nobody accepted anything, and the audit says {changes(daemon)}")

        live(daemon, load, **OLD)
        daemon.kill()
        daemon.spawn("--accept-engine-change", TRIAGED_TEST_CRASH_AT="before-commit:1")
        verdict.expect(daemon.wait() == -9, f"accepted: {daemon.last_words()}")
        live(daemon, load)  # it was accepted, and is not asked again
        daemon.kill()
        finish(verdict, daemon, load, check_replay_of_rest)
        accepted = changes(daemon)
        verdict.expect(len(accepted) == 1 and re.fullmatch(r"engine version [1-9]\d* goes on after version 0", accepted[0]),
                       f"the audit says {accepted}")


def changes(daemon: Daemon) -> list[str]:
    return [a["text"] for a in documents(daemon.folder / "audit.ndjson") if a["command"] == "accept-engine-change"]
