"""The daemon's life: starting, stopping, being killed."""
import contextlib
import json
import socket
import sqlite3

from binary import alert, run
from running import RunningCase


class Life(RunningCase):
    def last_record(self) -> int:
        database = sqlite3.connect(self.state / "log.db")
        try:
            return int(database.execute("select max(position) from journal").fetchone()[0])
        finally:
            database.close()

    def test_what_is_answered_right_after_a_start_is_kept(self) -> None:
        # Effects that were due at the stop are committed while the daemon still starts.
        accepted = 0
        for life in range(8):
            daemon = self.start()
            for n in range(3):
                self.assertEqual(daemon.post(alert(f"s{life}", labels={"instance": str(n)})).status, 200)
                accepted += 1
            if life % 2:
                daemon.kill()
            else:
                self.assertEqual(daemon.stop(), 0)
            self.assertEqual(self.last_record(), 1 + accepted)
        self.assertNotIn("level=error", (self.folder / "daemon.log").read_text())
        result = run("replay", "--log", self.configuration)
        self.assertEqual(result.code, 0, result.err)

    def test_says_how_it_is_before_anything_comes(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)
        status = self.start().ask("GET", "/api/v1/status").body
        self.assertGreater(status["log"]["lastCut"], 0)
        self.assertGreaterEqual(status["log"]["lastRecord"], 11)
        self.assertTrue(status["bundle"])

    def test_a_start_that_fails_ends_like_a_stop(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        daemon.kill()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            text = self.configuration.read_text().replace("127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}")
            self.configuration.write_text(text)
            result = run("run", "--config", self.configuration)
        self.assertIn("Address already in use", result.err)
        self.assertNotEqual(result.code, 0)
        database = sqlite3.connect(self.state / "log.db")
        self.addCleanup(database.close)
        self.assertEqual(database.execute("select value from meta where name = 'clean'").fetchall(), [("1",)])
        result = run("replay", "--log", self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertNotIn("not run", result.err)

    def test_a_record_that_kills_is_left_out_on_demand(self) -> None:
        daemon = self.start(TRIAGED_TEST_POISON="poison")
        self.assertEqual(daemon.post(alert("web")).status, 200)
        daemon.wait_for_incidents(1)
        with contextlib.suppress(OSError):  # it is in the log whether the answer comes or not
            daemon.post(alert("poison"))
        self.assertLess(daemon.process.wait(30), 0)
        position = self.last_record()
        for _ in range(3):
            with self.assertRaises(AssertionError):  # dies before or soon after it is ready
                daemon = self.start(TRIAGED_TEST_POISON="poison")
                self.assertLess(daemon.process.wait(30), 0)
                raise AssertionError
        daemon = self.start(TRIAGED_TEST_POISON="poison")
        self.assertEqual(daemon.ask("GET", "/-/ready").status, 503)
        self.assertEqual(daemon.post(alert("after")).status, 200)
        self.assertEqual(daemon.metric("triaged_shard_stopped"), 1)
        log = (self.folder / "daemon.log").read_text()
        self.assertRegex(log, rf"event=shard_stopped .*reason=poison .*position={position} ")
        wrong = daemon.command(command="skip", position=position + 1, reason="kills")
        self.assertEqual(wrong.status, 503, wrong)
        self.assertEqual(daemon.command(command="skip", position=position, reason="kills").status, 200)
        daemon.wait_for_incidents(2)
        self.assertEqual(daemon.ask("GET", "/-/ready").status, 200)
        self.assertEqual(daemon.metric("triaged_shard_stopped"), 0)
        self.assertEqual(daemon.stop(), 0)
        self.assertIn(f'"position":{position},"line":0,"code":"skipped"', (self.folder / "rejected.out").read_text())
        result = run("replay", "--log", self.configuration)
        self.assertEqual(result.code, 0, result.err)

    def test_says_how_far_a_file_was_read(self) -> None:
        self.configuration.write_text(self.configuration.read_text().replace(
            "http: {}, format: alertmanager}", "http: {}, format: alertmanager}\n"
            "  - {name: export, file: {path: alerts.ndjson, follow: true}, format: alertmanager}"))
        unfinished = '{"labels":'
        self.write("alerts.ndjson", json.dumps(alert("web")) + "\n" + unfinished)
        daemon = self.start()
        daemon.wait_for_incidents(1)

        def lag() -> int | None:
            return daemon.ask("GET", "/api/v1/status").body["sources"][1].get("lagBytes")
        daemon.until(lambda: lag() == len(unfinished), "the unfinished line is all that lags")
        self.assertEqual(daemon.metric("triaged_source_lag_bytes", source="export"), len(unfinished))
        self.assertIn("10 bytes", run("status", "--config", self.configuration).out)
