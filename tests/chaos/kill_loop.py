"""The plug is pulled again and again: at random moments, and where it hurts most."""
import pathlib
import random
from typing import Callable

from daemon import Daemon, Fault, until
from journal import Journal
from load import SOURCES, Everything, labels_of
from oracle import Verdict, check_everything, check_replay, told

# How often a point is passed before it kills, at most. Of a snapshot, by the child that writes it: once.
POINTS = {"journalled": 40, "answered": 40, "before-apply": 60, "before-commit": 15, "after-commit": 15, "recovery": 3,
          "snapshot-begin": 1, "snapshot-half": 1, "snapshot-written": 1, "reload-begin": 2, "reload-journalled": 2}
LONGEST_LIFE = 0.9  # seconds, for those that end at random
REACHED = 20.0      # seconds within which a named point must be passed

RULES = ["correlate:\n  - name: by-service\n    by: {labels: [service]}\n    hold: 1s\n    title: 'one {{ $root }}'\n",
         "correlate:\n  - name: by-service\n    by: {labels: [service]}\n    title: 'two {{ $labels.service }}'\n"]


def kill_at_random(daemon: Daemon, draw: random.Random) -> None:
    daemon.spawn()
    if daemon.wait(draw.random() * LONGEST_LIFE) is not None:
        raise Fault(f"it ended by itself, exit {daemon.process.returncode}: {daemon.last_words()}")
    daemon.kill()


def kill_at(daemon: Daemon, point: str, count: int) -> bool:
    """Whether it got there; a recovery may have nothing to run again."""
    daemon.spawn(TRIAGED_TEST_CRASH_AT=f"{point}:{count}")
    code = daemon.wait(1.0 if point == "recovery" else REACHED)
    if code is None:
        daemon.kill()
        return False
    if code != -9:
        raise Fault(f"it ended by itself, exit {code}: {daemon.last_words()}")
    return True


def finish(verdict: Verdict, daemon: Daemon, load: Everything,
           replay: Callable[[Verdict, pathlib.Path], None] = check_replay) -> None:
    """Lets everybody finish what they began, stops cleanly, and looks at what is left."""
    daemon.start()
    load.end()
    inode = load.file.path.stat().st_ino

    def read() -> bool:
        with Journal(daemon.state) as journal:
            return journal.resume("export") == (inode, load.file.size)
    until(read, "the file is read to its end")
    daemon.settled()
    not_ready = daemon.ready()
    accepted = [payload for sender in load.senders for payload in sender.accepted]
    sent = {label for payload in accepted for label in labels_of(payload)} | set(load.file.label_sets())
    told(daemon.folder, sent)
    daemon.stop()

    verdict.expect(not_ready == "", f"not ready in the end: {not_ready}")
    check_everything(verdict, daemon, accepted, {"export": bytes(load.file.written)}, sent, load.operator.answered,
                     replay)
    verdict.figures |= {"lines": load.file.lines, "rotations": load.file.rotations, "reloads": load.reloader.reloads,
                        "answers lost": sum(s.lost_answers for s in load.senders)}


def run(verdict: Verdict, seed: int, kills: int) -> None:
    draw = random.Random(seed)
    reached = dict.fromkeys(POINTS, 0)
    with Daemon(sources=SOURCES, snapshot={"interval": "100ms"}) as daemon:
        load = Everything(daemon, seed, RULES)
        load.begin()
        for number in range(kills):
            if number % 2 == 0:
                kill_at_random(daemon, draw)
            else:
                point = list(POINTS)[number // 2 % len(POINTS)]
                reached[point] += kill_at(daemon, point, draw.randint(1, POINTS[point]))
            load.look()
        finish(verdict, daemon, load)
        verdict.figures |= {"kills": kills, "at named points": sum(reached.values())}
        never = [point for point, times in reached.items() if times == 0]
        verdict.expect(kills < 2 * len(POINTS) or not never, f"never reached: {never}")
