"""Two daemons on one folder, SIGTERM under load, rules that are broken when it is told to read them again."""
import signal

from daemon import Daemon, alert, until
from kill_loop import RULES, finish
from load import SOURCES, Everything
from oracle import Verdict

LEAVES_WITHIN = 5.0  # seconds
STOPS = 10


def second_daemon(verdict: Verdict) -> None:
    with Daemon() as first, Daemon(state=first.state) as second:
        first.start()
        second.spawn(beside_another=True)
        code = second.wait()
        verdict.expect(code == 70 and "another triaged" in second.log() and str(first.process.pid) in second.log(),
                       f"a second daemon on the folder: exit {code}, {second.last_words()}")
        verdict.expect(first.post(alert("A")).status == 200, "the first one does not work any more")
        first.stop()
        second.start()
        second.stop()


def stops_under_load(verdict: Verdict, seed: int) -> None:
    """Again and again: no alert is lost between two lives, and none of them is long in dying."""
    with Daemon(sources=SOURCES) as daemon:
        load = Everything(daemon, seed, RULES)
        load.begin()
        longest = 0.0
        for _ in range(STOPS):
            daemon.start()
            count = len(load.senders[0].accepted)
            until(lambda: len(load.senders[0].accepted) > count + 10, "alerts are accepted")
            longest = max(longest, daemon.stop())
            load.look()
            verdict.expect(longest <= LEAVES_WITHIN, f"SIGTERM took {longest:.1f} s")
        finish(verdict, daemon, load)
        verdict.figures |= {"stops": STOPS, "s for the slowest stop": round(longest, 2)}


def broken_rules(verdict: Verdict) -> None:
    with Daemon() as daemon:
        daemon.start()
        daemon.post(alert("A"))
        before = daemon.settled()["bundle"]
        good = (daemon.folder / "rules.yaml").read_text()
        for text in ("correlate: [", "correlate:\n  - name: x\n    by: {lables: [service]}\n", "- nothing\n"):
            daemon.write("rules.yaml", text)
            daemon.signal(signal.SIGHUP)
            refused = until(lambda: daemon.log().count("event=reload_refused"), "the reload is refused")
            verdict.expect(refused == 1, "a reload was refused more than once")
            status = daemon.get("/api/v1/status")
            verdict.expect(status["bundle"] == before and status["reloadFailed"], "a broken file changed the rules")
            verdict.expect(daemon.post(alert("B")).status == 200, "alerts are not accepted after a broken reload")
            daemon.write("rules.yaml", good)
            daemon.signal(signal.SIGHUP)
            until(lambda: not daemon.get("/api/v1/status")["reloadFailed"], "the good file is accepted")
            daemon.stop()
            daemon.start()


def run(verdict: Verdict, seed: int) -> None:
    second_daemon(verdict)
    broken_rules(verdict)
    stops_under_load(verdict, seed)
