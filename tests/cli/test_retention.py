"""What is kept for how long, and that what is left is enough to go on."""
import sqlite3
import time
from typing import Any

from binary import alert, run
from running import CONFIGURATION, LONG, Daemon, RunningCase


class Retention(RunningCase):
    def setting(self, **retention: str) -> None:
        values = ", ".join(f"{key}: {value}" for key, value in retention.items())
        self.configuration.write_text(CONFIGURATION + f"retention: {{{values}}}\n")

    def ask_log(self, question: str) -> Any:
        database = sqlite3.connect(f"file:{self.state / 'log.db'}?mode=ro", uri=True)
        try:
            return database.execute(question).fetchone()[0]
        finally:
            database.close()

    def wait_until(self, question: str, answer: Any) -> None:
        end = time.monotonic() + LONG
        while (found := self.ask_log(question)) != answer:
            if time.monotonic() > end:
                raise AssertionError(f"{question}: {found}, not {answer}, after {LONG} s")

    def two_days(self) -> int:
        """A day, and another one: there are two snapshots. The last record of the first day."""
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)
        last = self.ask_log("select max(position) from journal")
        daemon = self.start()
        for n in range(5, 8):
            self.assertEqual(daemon.post(alert(f"s{n}"), {"labels": 8}).status, 400)
        daemon.wait_for_incidents(8)
        self.assertEqual(daemon.stop(), 0)
        return last

    def incidents(self, daemon: Daemon) -> Any:
        return daemon.ask("GET", "/api/v1/incidents?limit=1000").body["incidents"]

    def published(self) -> str:
        return (self.folder / "incidents.out").read_text()

    def test_the_journal_goes_and_recovery_and_replay_go_on_from_the_older_snapshot(self) -> None:
        first_day = self.two_days()
        before = self.published()
        self.setting(journal="1ms")
        daemon = self.start()
        # What the older of two snapshots needs stays, however old it is.
        self.wait_until("select min(position) from journal", first_day + 1)
        first_cut = self.ask_log("select min(number) from cuts")
        self.assertGreater(first_cut, 1)
        self.assertGreaterEqual(self.ask_log("select min(cut) from outputs"), first_cut)
        self.assertEqual(len(self.incidents(daemon)), 8)
        self.assertEqual(daemon.post(alert("later")).status, 200)
        daemon.wait_for_incidents(9)
        daemon.kill()
        daemon = self.start()
        self.assertEqual(len(self.incidents(daemon)), 9)
        self.assertEqual(daemon.post(alert("s1", endsAt="2026-03-02T11:00:00Z",
                                           labels={"instance": "b"})).status, 200)
        self.assertEqual(daemon.post(alert("latest")).status, 200)
        daemon.wait_for_incidents(10)
        self.assertEqual(self.ask_log("select min(position) from journal"), first_day + 1)
        daemon.kill()
        replayed = run("replay", "--log", self.configuration)
        self.assertEqual(replayed.code, 0, replayed.err)
        self.assertRegex(replayed.err, rf"(?m)begins after cut {first_cut}, record {first_day}: what came before can't")
        self.assertIn("all as recorded", replayed.err)
        # What comes out of it is what was published since, and only that.
        published = self.published()
        self.assertTrue(published.endswith(replayed.out))
        self.assertGreater(len(replayed.documents), 4)
        self.assertLess(len(replayed.out), len(published))
        self.assertTrue(published.startswith(before))
        self.assertEqual(run("doctor", "--config", self.configuration).code, 0)

    def test_recovery_from_the_older_snapshot_after_the_journal_went(self) -> None:
        first_day = self.two_days()
        self.setting(journal="1ms")
        self.start().kill()
        daemon = self.start()
        self.wait_until("select min(position) from journal", first_day + 1)
        daemon.kill()
        newest = max(self.state.glob("snapshot-?"), key=lambda path: path.stat().st_mtime_ns)
        content = newest.read_bytes()
        newest.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        daemon = self.start()
        self.assertEqual(len(self.incidents(daemon)), 8)
        self.assertEqual(daemon.post(alert("later")).status, 200)
        daemon.wait_for_incidents(9)

    def test_nothing_goes_before_its_time(self) -> None:
        self.two_days()
        self.setting(journal="1h", rejected="1h", history="1h")
        before = self.ask_log("select count(*) from journal"), self.ask_log("select count(*) from rejected")
        self.start().stop()
        self.start().stop()
        self.assertEqual(before,
                         (self.ask_log("select count(*) from journal"), self.ask_log("select count(*) from rejected")))
        replayed = run("replay", "--log", self.configuration)
        self.assertNotIn("begins after", replayed.err)
        self.assertEqual(replayed.out, self.published())

    def test_what_was_rejected_goes_by_its_own_age(self) -> None:
        self.two_days()
        self.assertGreater(self.ask_log("select count(*) from rejected"), 1)
        rejected = (self.folder / "rejected.out").read_text()
        self.setting(rejected="1ms")
        daemon = self.start()
        self.wait_until("select count(*) from rejected", 0)
        self.assertEqual(self.ask_log("select min(position) from journal"), 1)
        self.assertEqual(daemon.post(alert("later"), {"labels": 9}).status, 400)
        daemon.wait_for_incidents(9)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.ask_log("select count(*) from rejected"), 1)
        published = (self.folder / "rejected.out").read_text()
        self.assertTrue(published.startswith(rejected))
        self.assertEqual(len(published.splitlines()), len(rejected.splitlines()) + 1)
        # The journal has the bytes, so a replay makes the documents again, and nothing differs.
        again = self.folder / "again"
        replayed = run("replay", "--log", self.configuration, "--rejected", again)
        self.assertEqual(replayed.code, 0, replayed.err)
        self.assertEqual((replayed.out, again.read_text()), (self.published(), published))
        self.assertEqual(run("doctor", "--config", self.configuration).code, 0)
        self.assertEqual(run("backup", self.folder / "b", "--config", self.configuration).code, 0)
        restored = run("restore", self.folder / "b", "--config", self.configuration, "--force")
        self.assertEqual(restored.code, 0, restored.err)

    def test_history(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.command(command="close", incident="INC-0-2", actor="ann").status, 200)
        self.assertEqual(daemon.post(alert("later")).status, 200)
        daemon.wait_for_incidents(6)
        self.assertEqual(daemon.stop(), 0)
        self.setting(history="1ms")
        daemon = self.start()
        daemon.wait_for_incidents(5)
        ids = [incident["id"] for incident in self.incidents(daemon)]
        self.assertNotIn("INC-0-2", ids)
        self.assertIn("INC-0-1", ids)
        self.assertEqual(daemon.ask("GET", "/api/v1/incidents/INC-0-2").status, 404)
        daemon.wait_for("/api/v1/alerts?state=resolved", "alerts", 0)
        self.assertGreater(len(daemon.ask("GET", "/api/v1/alerts").body["alerts"]), 5)
        # Nothing of the log went, and the engine still knows the incident's alerts.
        self.assertEqual(self.ask_log("select min(position) from journal"), 1)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(run("replay", "--log", self.configuration).out, self.published())
