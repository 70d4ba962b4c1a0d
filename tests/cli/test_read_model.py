"""What the API shows is made again from the log where it is damaged, gone, or none of this log's."""
import shutil
import time
from typing import Any, Callable

from binary import alert, run
from running import LONG, Daemon, RunningCase


class ReadModel(RunningCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.state / "readmodel.db"
        self.log = self.folder / "daemon.log"

    def shown(self, daemon: Daemon) -> list[Any]:
        return [daemon.ask("GET", path) for path in
                ("/api/v1/incidents?limit=1000", "/api/v1/alerts?limit=1000", "/api/v1/silences",
                 "/api/v1/incidents/INC-0-1/timeline", "/api/v1/services")]

    def count(self, daemon: Daemon) -> int:
        """0 where the answer is refused."""
        answer = daemon.ask("GET", "/api/v1/incidents?limit=1000")
        return len(answer.body["incidents"]) if answer.status == 200 else 0

    def told(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if "read_model_begun" in line]

    def ask_until(self, daemon: Daemon, good: Callable[[], bool]) -> None:
        """While it is made again it may be refused, or show less; nothing else is ever answered."""
        end = time.monotonic() + LONG
        while not good():
            answer = daemon.ask("GET", "/api/v1/incidents?limit=1000")
            self.assertIn(answer.status, (200, 503), answer)
            if time.monotonic() > end:
                raise AssertionError(self.log.read_text())

    def test_alerts_that_wait_for_their_cause_are_counted(self) -> None:
        self.write("by-service.yaml", "correlate:\n  - {name: held, by: {labels: [service]}, hold: 1h}\n")
        daemon = self.start()
        self.assertEqual(run("incidents", "--config", self.configuration).err, "nothing is open\n")
        minor = {"severity": "minor"}
        self.assertEqual(daemon.post(alert("a", labels=minor), alert("b", labels=minor)).status, 200)
        Daemon.until(lambda: bool(daemon.ask("GET", "/api/v1/status").body["activeAlerts"] == 2), "two are active")
        self.assertIn("nothing is open; 2 active alerts wait for their cause",
                      run("incidents", "--config", self.configuration).err)
        self.assertRegex(run("status", "--config", self.configuration).out, r"(?m)^alerts +2 active$")

    def spoil(self, how: Callable[[], None]) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        before = self.shown(daemon)
        how()
        # Whoever has pages in memory sees nothing until something changes.
        self.assertEqual(daemon.post(alert("s4", labels={"instance": "d"})).status, 200)
        self.ask_until(daemon, lambda: len(self.told()) > 0)
        self.assertEqual(daemon.post(alert("new")).status, 200)
        self.ask_until(daemon, lambda: self.count(daemon) == 6)
        self.assertEqual(daemon.ask("GET", "/-/ready").status, 200)
        self.assertIn("triaged_read_model_rebuilds_total 1\n", daemon.ask("GET", "/metrics").body)
        after = self.shown(daemon)
        self.assertEqual(after[3], before[3])  # the timeline of what did not change
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(len(self.told()), 1)
        # The same as of a model that is made from the beginning.
        for file in self.state.glob("readmodel.db*"):
            file.unlink()
        daemon = self.start()
        daemon.wait_for_incidents(6)
        self.assertEqual(self.shown(daemon), after)
        self.assertEqual(len(self.told()), 1)

    def test_overwritten_while_the_daemon_runs(self) -> None:
        def spoil() -> None:
            with open(self.file, "r+b") as file:
                file.write(b"\x55" * self.file.stat().st_size)
            (self.state / "readmodel.db-wal").write_bytes(b"")

        self.spoil(spoil)

    def test_one_page_overwritten_while_the_daemon_runs(self) -> None:
        def spoil() -> None:
            for file in (self.file, self.state / "readmodel.db-wal"):
                size = file.stat().st_size
                with open(file, "r+b") as content:
                    for at in range(4096, size, 4096):
                        content.seek(at)
                        content.write(b"\x55" * 1000)

        self.spoil(spoil)

    def test_deleted_while_the_daemon_runs(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        for file in self.state.glob("readmodel.db*"):
            file.unlink()
        # Whoever has it open goes on with it; whoever opens it finds nothing, and has it made again.
        self.assertEqual(daemon.post(alert("new")).status, 200)
        self.ask_until(daemon, lambda: self.count(daemon) == 6)
        after = self.shown(daemon)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.start()
        daemon.wait_for_incidents(6)
        self.assertEqual(self.shown(daemon), after)

    def test_damaged_at_the_start(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        before = self.shown(daemon)
        self.assertEqual(daemon.stop(), 0)
        self.file.write_bytes(b"no database" * 1000)
        daemon = self.start()
        daemon.wait_for_incidents(5)
        self.ask_until(daemon, lambda: self.shown(daemon) == before)
        self.assertEqual(len(self.told()), 1)
        self.assertTrue((self.state / "readmodel.db.corrupt").exists())

    def test_ahead_of_a_log_that_was_restored(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)
        backup = self.folder / "backup"
        self.assertEqual(run("backup", backup, "--config", self.configuration).code, 0)
        daemon = self.start()
        before = self.shown(daemon)
        for n in range(5, 9):
            self.assertEqual(daemon.post(alert(f"s{n}")).status, 200)
        daemon.wait_for_incidents(9)
        self.assertEqual(daemon.stop(), 0)
        newer = self.folder / "newer"
        shutil.copy(self.file, newer)
        self.assertEqual(run("restore", backup, "--config", self.configuration, "--force").code, 0)

        # Somebody put the file back, or restored the log's files alone.
        shutil.copy(newer, self.file)
        daemon = self.start()
        daemon.wait_for_incidents(5)
        self.ask_until(daemon, lambda: self.shown(daemon) == before)
        self.assertRegex(self.told()[-1], r"the log ends before cut \d+")
        self.assertEqual(len(self.told()), 1)

        # The log goes on, and has cuts of the same numbers that are others.
        for n in range(20, 32):
            self.assertEqual(daemon.post(alert(f"t{n}")).status, 200)
            daemon.wait_for_incidents(n - 14)
        after = self.shown(daemon)
        self.assertEqual(daemon.stop(), 0)
        shutil.copy(newer, self.file)
        daemon = self.start()
        self.ask_until(daemon, lambda: self.shown(daemon) == after)
        self.assertRegex(self.told()[-1], r"cut \d+ of the log is another one")
        self.assertEqual(len(self.told()), 2)
        self.assertEqual(daemon.stop(), 0)
        # One that goes with the log is left alone.
        inode = self.file.stat().st_ino
        self.assertEqual(self.start().stop(), 0)
        self.assertEqual((self.file.stat().st_ino, len(self.told())), (inode, 2))
