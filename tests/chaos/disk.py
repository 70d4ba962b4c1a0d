"""Disks that are full, and that turn read-only."""
import contextlib
import os
import pathlib
import subprocess
import tempfile
from typing import Iterator

from daemon import Daemon, alert, pause, until
from kill_loop import finish
from load import SOURCES, Everything
from oracle import Verdict

SMALL = 12  # MiB
LOOKS = 60  # at /-/ready, while the disk is full


class NoMount(Exception):
    """This process may not mount."""


def do(*command: str | pathlib.Path) -> None:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise NoMount(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


@contextlib.contextmanager
def mounted(*options: str | pathlib.Path) -> Iterator[pathlib.Path]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="triaged-disk-"))
    try:
        do("mount", *options, folder)
        try:
            yield folder
        finally:
            do("umount", folder)
    finally:
        folder.rmdir()


def fill(folder: pathlib.Path) -> pathlib.Path:
    """Until nothing more goes there."""
    path = folder / "ballast"
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass
    return path


def full(verdict: Verdict, seed: int) -> None:
    """Nothing that was answered with 200 is lost; it says what is wrong; it goes on by itself."""
    with mounted("-t", "tmpfs", "-o", f"size={SMALL}m", "none") as disk, \
            Daemon(state=disk / "state", sources=SOURCES, snapshot={"interval": "1s"}) as daemon:
        load = Everything(daemon, seed, [(daemon.folder / "rules.yaml").read_text()])
        load.reloader.patient = True
        load.begin()
        daemon.start()
        times = 3
        for time in range(times):
            before = sum(len(sender.accepted) for sender in load.senders)
            until(lambda: sum(len(s.accepted) for s in load.senders) > before + 50 or load.look(), "alerts go in")
            ballast = fill(disk)
            until(lambda: all(s.refused for s in load.senders) and daemon.ready(), "the full disk is told")
            told = [daemon.ready() for _ in range(LOOKS) if not pause(0.02)]
            verdict.expect(all("log" in why and "full" in why for why in told),
                           f"while the disk is full, ready says: {sorted(set(told))}")
            if time == times - 1:
                # The plug, too. It can't start here, and says why.
                daemon.kill()
                code, said = daemon.refused()
                verdict.expect(code == 70 and "full" in said, f"a start on a full disk: exit {code}: {said[-300:]}")
            ballast.unlink()
            if time == times - 1:
                daemon.start()
            until(lambda: daemon.ready() == "", "it goes on by itself")
            for sender in load.senders:
                sender.refused = 0
        daemon.stop()
        finish(verdict, daemon, load)
        verdict.figures["times full"] = times


def full_and_idle(verdict: Verdict) -> None:
    """Nobody sends for a while: it must not think that all is well again."""
    with mounted("-t", "tmpfs", "-o", f"size={SMALL}m", "none") as disk, Daemon(state=disk / "state") as daemon:
        daemon.start()
        daemon.post(alert("A"))
        until(lambda: daemon.get("/api/v1/incidents")["incidents"], "nothing more is due")
        ballast = fill(disk)
        refused = daemon.post(alert("B"))
        verdict.expect(refused.status == 503 and "retry-after" in refused.headers, f"answered with {refused}")
        told = {daemon.ready() for _ in range(LOOKS * 2) if not pause(0.03)}
        verdict.expect(all("full" in why for why in told), f"idle while the disk is full, ready says: {sorted(told)}")
        ballast.unlink()
        until(lambda: daemon.ready() == "", "it goes on by itself")
        daemon.stop()


def read_only(verdict: Verdict, seed: int) -> None:
    """A real file system that finds itself damaged while the daemon writes."""
    with contextlib.ExitStack() as stack:
        image = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="triaged-image-"))) / "image"
        image.write_bytes(b"")
        os.truncate(image, 64 << 20)
        do("mkfs.ext4", "-q", image)
        daemon = stack.enter_context(Daemon(snapshot={"interval": "1s"}))
        load = Everything(daemon, seed, [(daemon.folder / "rules.yaml").read_text()])
        load.reloader.patient = True
        with mounted("-o", "loop,errors=remount-ro", image) as disk:
            device = next(line.split()[0] for line in open("/proc/mounts") if f" {disk} " in line)
            trigger = pathlib.Path("/sys/fs/ext4") / pathlib.Path(device).name / "trigger_fs_error"
            daemon.state = disk / "state"
            daemon.configure(log={"local": {"directory": str(daemon.state)}}, sources=SOURCES)
            load.begin()
            daemon.start()
            until(lambda: all(len(s.accepted) > 20 for s in load.senders) or load.look(), "alerts go in")
            trigger.write_text("1")
            until(lambda: all(s.refused for s in load.senders) and daemon.ready(), "the read-only disk is told")
            why = daemon.ready()
            verdict.expect("log" in why, f"on a read-only disk, ready says: {why}")
            daemon.signal(15)
            code = daemon.wait()
            verdict.expect(code == 70, f"stopped on a read-only disk: exit {code}, {daemon.last_words()}")
            code, said = daemon.refused()
            verdict.expect(code == 70 and str(daemon.state) in said, f"a start there: exit {code}: {said[-300:]}")
        subprocess.run(["e2fsck", "-fy", str(image)], capture_output=True, timeout=60, check=False)
        with mounted("-o", "loop", image) as disk:
            daemon.state = disk / "state"
            daemon.configure(log={"local": {"directory": str(daemon.state)}}, sources=SOURCES)
            daemon.start()
            daemon.stop()
            finish(verdict, daemon, load)


def run_full(verdict: Verdict, seed: int) -> None:
    try:
        full_and_idle(verdict)
        full(verdict, seed)
    except NoMount as error:
        verdict.skipped = str(error)


def run_read_only(verdict: Verdict, seed: int) -> None:
    try:
        read_only(verdict, seed)
    except NoMount as error:
        verdict.skipped = str(error)
