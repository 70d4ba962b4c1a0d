"""The daemon's life: starting, stopping, being killed."""
import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess

import binary
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

    def test_a_folder_whose_log_is_gone_is_not_begun_anew(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.post(alert("web")).status, 200)
        daemon.wait_for_incidents(1)
        self.assertEqual(daemon.stop(), 0)
        for file in self.state.glob("log.db*"):
            file.unlink()
        kept = sorted(file.name for file in self.state.iterdir())
        self.assertIn("readmodel.db", kept)
        for leave in (kept, [name for name in kept if not name.startswith("readmodel")], ["readmodel.db"]):
            for file in self.state.iterdir():
                if file.name not in leave and not file.name.startswith("log.db"):
                    file.rename(self.folder / file.name)
            for _ in range(2):  # the log that this made is empty
                result = run("run", "--config", self.configuration)
                self.assertEqual(result.code, 78, result.err)
                self.assertIn("the log is gone", result.err)
                self.assertIn("restore a backup", result.err)
            for file in self.folder.glob("readmodel.db"):
                file.rename(self.state / file.name)
        self.assertEqual(len((self.folder / "incidents.out").read_text().splitlines()), 1)
        self.state.rename(self.folder / "aside")
        self.assertEqual(self.start().stop(), 0)

    def test_two_publishers_never_write_to_one_file(self) -> None:
        (self.folder / "incidents.out").touch()
        (self.folder / "alerts.out").hardlink_to(self.folder / "incidents.out")
        result = run("run", "--config", self.configuration)
        self.assertEqual(result.code, 78, result.err)
        self.assertRegex(result.err, "incidents.out and .*alerts.out are one file")
        (self.folder / "alerts.out").unlink()
        (self.folder / "alerts.out").symlink_to(self.folder / "incidents.out")
        result = run("check", self.configuration)
        self.assertEqual(result.code, 78, result.err)
        self.assertIn('"alerts.out" is the same file as "incidents.out"', result.out + result.err)
        (self.folder / "alerts.out").unlink()
        (self.folder / "alerts.out").symlink_to(self.state / "alerts.out")
        result = run("check", self.configuration)
        self.assertIn("in the state folder", result.out + result.err)

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
        daemon.until(lambda: daemon.ask("GET", "/-/ready").status == 503, "the shard stopped")
        self.assertEqual(daemon.post(alert("after")).status, 200)
        self.assertEqual(daemon.metric("triaged_shard_stopped"), 1)
        log = (self.folder / "daemon.log").read_text()
        self.assertRegex(log, rf"event=shard_stopped .*reason=poison .*position={position} ")
        wrong = daemon.command(command="skip", position=position + 1, reason="kills")
        self.assertEqual(wrong.status, 409, wrong)
        self.assertIn(f"it is record {position} that can be left out", wrong.body["detail"])
        # 202 where the cut takes longer than the answer may wait: what else waited is tried one by one first.
        self.assertIn(daemon.command(command="skip", position=position, reason="kills").status, (200, 202))
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

    def test_a_line_without_an_end_is_one_rejection_and_stops_nothing(self) -> None:
        self.configuration.write_text(self.configuration.read_text().replace(
            "http: {}, format: alertmanager}", "http: {}, format: alertmanager}\n"
            "  - {name: export, file: {path: alerts.ndjson, follow: true}, format: alertmanager}"))
        with open(self.folder / "alerts.ndjson", "wb") as file:
            file.write(json.dumps(alert("before")).encode() + b"\n")
            for _ in range(160):
                file.write(os.urandom(1 << 20).replace(b"\n", b"x"))
            file.write(b"\n" + json.dumps(alert("after")).encode() + b"\n")
        daemon = self.start()
        self.assertEqual(daemon.post(alert("beside")).status, 200)
        daemon.wait_for_incidents(3)
        self.assertEqual(daemon.metric("triaged_alerts_rejected_total", reason="too_large"), 1)
        daemon.until(lambda: daemon.metric("triaged_source_lag_bytes", source="export") == 0, "all of it was read")
        daemon.kill()
        daemon = self.start()
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual((self.folder / "rejected.out").read_text().count("\n"), 1)
        result = run("replay", "--log", self.configuration)
        self.assertEqual(result.code, 0, result.err)
        database = sqlite3.connect(self.state / "log.db")
        self.addCleanup(database.close)
        largest = database.execute("select max(length(payload)) from journal").fetchone()[0]
        self.assertLess(largest, 40 << 20)  # of noise, which does not shrink

    def test_ends_when_its_log_is_gone(self) -> None:
        for gone in ("log.db", "lock"):
            daemon = self.start()
            self.assertEqual(daemon.post(alert("web")).status, 200)
            (self.state / gone).unlink()
            self.assertEqual(daemon.process.wait(30), 70)
            self.assertIn(f"{'log.db: ' if gone == 'log.db' else ''}is not the f",
                          (self.folder / "daemon.log").read_text().splitlines()[-1])
            shutil.rmtree(self.state)

    def test_too_few_open_files_are_told_at_the_start(self) -> None:
        result = subprocess.run(["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", binary.PATH, "run", "--config",
                                 str(self.configuration)], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(result.returncode, 78)
        self.assertIn("at most 40 files may be open at once, and triaged needs 64", result.stderr)

    def test_a_limit_on_the_size_of_files_is_a_full_disk(self) -> None:
        wrapper = self.write("limited", f"#!/bin/sh\nulimit -f 800\nexec {binary.PATH} \"$@\"\n")
        wrapper.chmod(0o755)
        path, binary.PATH = binary.PATH, str(wrapper)
        try:
            daemon = self.start()
        finally:
            binary.PATH = path
        statuses = set()
        for n in range(400):
            labels = {"instance": str(n)}
            body = alert("web", labels=labels, annotations={"noise": os.urandom(6000).hex()})
            statuses.add(daemon.post(body).status)
        self.assertEqual(statuses, {200, 503})
        self.assertIsNone(daemon.process.poll())
        daemon.kill()

    def test_replay_does_not_write_into_a_state_folder(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.post(alert("web")).status, 200)
        size = (self.state / "log.db").stat().st_size
        result = run("replay", "--alerts", "/dev/null", "--incidents", str(self.state / "log.db"))
        self.assertEqual(result.code, 2)
        self.assertIn("would be in a daemon's state folder", result.err)
        self.assertGreaterEqual((self.state / "log.db").stat().st_size, size)
