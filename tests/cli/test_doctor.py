"""doctor: each fault is made once, and found."""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import unittest
from typing import Any

import binary
from binary import Result, alert, run
from running import CONFIGURATION, RunningCase

NOBODY = 65534


class DoctorCase(RunningCase):
    def doctor(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Findings by their check; the worst one of those that share it."""
        result = run("doctor", "-o", "json", "--config", self.configuration, *arguments)
        self.assertEqual(result.code, code, result.out + result.err)
        self.assertEqual(result.err, "")
        return self.read(result)

    def read(self, result: Result) -> dict[str, Any]:
        answer = json.loads(result.out)
        order = ["ok", "warning", "fault"]
        findings: dict[str, Any] = {}
        for finding in answer["findings"]:
            known = findings.get(finding["check"])
            if known is None or order.index(finding["result"]) > order.index(known["result"]):
                findings[finding["check"]] = finding
            self.assertEqual("advice" in finding, finding["result"] != "ok", finding)
        self.assertEqual(answer["result"], max((f["result"] for f in findings.values()), key=order.index))
        return findings

    def expect(self, findings: dict[str, Any], check: str, result: str, words: str) -> None:
        self.assertIn(check, findings)
        self.assertEqual(findings[check]["result"], result, findings[check])
        self.assertRegex(findings[check]["found"], words)

    def others(self, findings: dict[str, Any], *checks: str) -> None:
        """All that is not named is good; what the file system of the tests is, nobody knows."""
        for check, finding in findings.items():
            if check not in (*checks, "state folder", "disk space", "open files"):
                self.assertEqual(finding["result"], "ok", finding)

    def a_day(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)

    def folder_as_it_is(self) -> dict[str, Any]:
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
                for path in sorted(self.folder.rglob("*")) if path.is_file()}


class Doctor(DoctorCase):
    def test_all_is_well_and_nothing_is_changed(self) -> None:
        self.a_day()
        before = self.folder_as_it_is()
        findings = self.doctor()
        self.others(findings)
        self.assertEqual(self.folder_as_it_is(), before)
        for check in ("configuration", "state folder", "permissions", "disk space", "open files", "log", "cuts",
                      "snapshot-a", "engine", "clock", "daemon"):
            self.assertIn(check, findings)
        self.expect(findings, "log", "ok", "records 1 to 11 in")
        self.expect(findings, "daemon", "ok", "none runs")

    def test_before_the_first_start(self) -> None:
        before = self.folder_as_it_is()
        findings = self.doctor()
        self.others(findings)
        self.expect(findings, "log", "ok", "there is none yet")
        self.assertEqual(self.folder_as_it_is(), before)
        self.assertFalse(self.state.exists())

    def test_text(self) -> None:
        self.a_day()
        result = run("doctor", "--config", self.configuration)
        self.assertEqual(result.code, 0, result.out)
        self.assertRegex(result.out.splitlines()[0], r"^CHECK +RESULT +FOUND$")
        self.assertRegex(result.out, r"(?m)^log +ok +records 1 to 11 in")
        (self.state / "snapshot-a").write_bytes(b"torn")
        result = run("doctor", "--config", self.configuration)
        self.assertRegex(result.out, r"(?m)^snapshot-a +warning +it is torn$")
        self.assertIn("\nsnapshot-a: it is torn\n  the other one is used", result.out)

    def test_a_daemon_that_runs_goes_on(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        wal = self.state / "log.db-wal"
        before = wal.stat()
        self.assertGreater(before.st_size, 0)
        for _ in range(3):
            findings = self.doctor()
            self.others(findings, "snapshots")
            self.expect(findings, "daemon", "ok", f"process {daemon.process.pid} is ready at http://127.0.0.1:")
        # Its WAL is neither moved nor deleted by whoever closes another connection.
        self.assertEqual(wal.stat().st_ino, before.st_ino)
        self.assertGreaterEqual(wal.stat().st_size, before.st_size)
        self.assertEqual(daemon.post(alert("later")).status, 200)
        daemon.wait_for_incidents(6)
        daemon.kill()
        before = {path.name: path.read_bytes() for path in self.state.iterdir() if not path.name.endswith("-shm")}
        self.others(self.doctor(), "snapshots")
        self.assertEqual({path.name: path.read_bytes() for path in self.state.iterdir()
                          if not path.name.endswith("-shm")}, before)
        daemon = self.start()
        daemon.wait_for_incidents(6)

    def test_a_daemon_that_does_not_answer(self) -> None:
        daemon = self.start()
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            findings = self.doctor(code=1)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        self.others(findings, "daemon", "snapshots")
        self.expect(findings, "daemon", "fault", f"process {daemon.process.pid} runs, and does not answer at http")

    def test_configuration(self) -> None:
        self.a_day()
        self.configuration.write_text(CONFIGURATION + "retention: {journal: 1 week}\n")
        findings = self.doctor(code=78)
        self.expect(findings, "configuration", "fault", r"/triaged\.yaml:13:23: ")
        self.assertEqual(list(findings), ["configuration"])
        # Where only the rules are wrong, the rest is looked at.
        self.configuration.write_text(CONFIGURATION)
        self.rules.write_text("correlate:\n  - name: x\n    bye: 1\n")
        findings = self.doctor(code=78)
        self.expect(findings, "configuration", "fault", r"/by-service\.yaml:3:5: .*bye")
        self.others(findings, "configuration")
        self.assertIn("cuts", findings)
        self.configuration.unlink()
        result = run("doctor", "--config", self.configuration)
        self.assertEqual((result.code, result.out), (2, ""))

    def test_snapshots(self) -> None:
        self.a_day()
        snapshot = self.state / "snapshot-a"
        good = snapshot.read_bytes()
        snapshot.write_bytes(good[:len(good) // 2])
        findings = self.doctor()
        self.others(findings, "snapshot-a", "snapshots", "engine")
        self.expect(findings, "snapshot-a", "warning", "it is torn")
        self.expect(findings, "snapshots", "warning", "none can be used: a start runs the log from its first record")
        snapshot.write_bytes(bytes([good[0] ^ 1]) + good[1:])
        self.expect(self.doctor(), "snapshot-a", "warning", "do not have the SHA-256")
        snapshot.unlink()
        findings = self.doctor()
        self.expect(findings, "snapshots", "warning", "none can be used")
        with sqlite3.connect(self.state / "log.db") as database:
            database.execute("delete from journal where position < 3")
        database.close()
        findings = self.doctor(code=1)
        self.expect(findings, "snapshots", "fault", "none can be used, and the journal begins at record 3")

    def test_a_snapshot_of_another_log(self) -> None:
        self.a_day()
        shutil.move(self.state, self.folder / "before")
        daemon = self.start()
        for n in range(9):
            self.assertEqual(daemon.post(alert(f"t{n}")).status, 200)
        daemon.wait_for_incidents(9)
        self.assertEqual(daemon.stop(), 0)
        shutil.copy(self.folder / "before" / "snapshot-a", self.state / "snapshot-b")
        findings = self.doctor()
        self.others(findings, "snapshot-b")
        self.expect(findings, "snapshot-b", "warning", "another log")

    def test_a_flipped_byte_in_a_cut(self) -> None:
        self.a_day()
        log = self.state / "log.db"
        good = log.read_bytes()
        at = good.index(b"number=2 ")
        at = good.index(b"clock=", at) + 8
        log.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        findings = self.doctor(code=1)
        self.expect(findings, "cuts", "fault", "cut [23] (is damaged|is earlier|names another hash)")
        self.assertEqual(findings["log"]["result"], "ok")

    def change_log(self, statement: str) -> dict[str, Any]:
        database = sqlite3.connect(self.state / "log.db")
        database.executescript(statement)
        database.close()
        return self.doctor(code=1)

    def test_a_log_with_something_missing(self) -> None:
        self.a_day()
        good = (self.state / "log.db").read_bytes()
        for statement, check, words in (
                ("delete from cuts where number = 2", "cuts", "cut 3 follows cut 1"),
                ("delete from journal where position = 4", "log", "records 4 to 4 are not there"),
                ("update journal set payload = substr(payload, 1, 9) where position = 5", "log", "record 5 is damaged"),
                ("update journal set log_time = 0 where position = 6", "log", "record 6 is earlier"),
                ("update outputs set block = (select block from outputs where cut = (select max(cut) from outputs)) "
                 "where cut = (select min(cut) from outputs where cut not in (select cut from rejected))", "cuts",
                 "has other outputs than its hash says")):
            with self.subTest(statement):
                self.expect(self.change_log(statement), check, "fault", words)
                (self.state / "log.db").write_bytes(good)

    def test_a_log_that_is_no_database(self) -> None:
        self.a_day()
        log = self.state / "log.db"
        good = log.read_bytes()
        page = 8192
        log.write_bytes(good[:page] + bytes(len(good) - page))
        self.expect(self.doctor(code=1), "log", "fault", "log.db: ")
        log.write_bytes(b"no database" * 1000)
        self.expect(self.doctor(code=1), "log", "fault", "not a database")

    def test_room(self) -> None:
        self.a_day()
        findings = self.doctor("--room", "1000000TiB", code=1)
        self.others(findings)
        self.expect(findings, "disk space", "fault", r"\d+ MiB are free, and \d+ MiB are needed")
        self.configuration.write_text(CONFIGURATION + "retention: {journal_size: 1024TiB}\n")
        self.expect(self.doctor(), "disk space", "warning", "the log may grow by")
        self.configuration.write_text(CONFIGURATION + "retention: {journal_size: 1MiB}\n")
        self.expect(self.doctor("--room", "1KiB"), "disk space", "ok", "are free$")

    def test_open_files(self) -> None:
        self.configuration.write_text(CONFIGURATION.replace("127.0.0.1:0'", "127.0.0.1:0', max_connections: 65536"))
        limited = subprocess.run(["prlimit", "--nofile=1000:1000", binary.PATH, "doctor", "-o", "json", "--config",
                                  str(self.configuration)], capture_output=True, text=True, timeout=60)
        self.expect(self.read(Result(limited.returncode, limited.stdout, limited.stderr)), "open files", "warning",
                    "1000 may be open, and 65536 connections and 64 others may come")
        daemon = self.start()
        subprocess.run(["prlimit", f"--pid={daemon.process.pid}", "--nofile=200:200"], check=True)
        self.expect(self.doctor(), "open files", "warning", "200 may be open, and 65536 connections")

    def test_what_is_published_and_read(self) -> None:
        (self.folder / "folder").mkdir()
        self.configuration.write_text(CONFIGURATION.replace("rules:", "  - {name: gone, file: {path: gone.ndjson}}\n"
                                                            "  - {name: here, file: {path: by-service.yaml}}\nrules:")
                                      + "  - {file: nowhere/x.out, topics: [incidents]}\n"
                                        "  - {file: folder, topics: [incidents]}\n")
        findings = self.doctor(code=1)
        here = str(self.folder)
        self.expect(findings, f"publish {here}/nowhere/x.out", "fault", "its folder .*/nowhere is not there")
        self.expect(findings, f"publish {here}/folder", "fault", "is a folder")
        self.expect(findings, f"publish {here}/incidents.out", "ok", "can be written")
        self.expect(findings, "source gone", "warning", "is not there")
        self.expect(findings, "source here", "ok", "can be read")

    def test_a_state_folder_that_is_none(self) -> None:
        self.state.write_text("a file")
        self.expect(self.doctor(code=1), "state folder", "fault", "is no folder")

    def test_clock(self) -> None:
        self.a_day()
        database = sqlite3.connect(self.state / "log.db")
        ahead = 3_600_000
        database.execute("update journal set log_time = log_time + ? where position = 11", [ahead])
        database.commit()
        self.expect(self.doctor(), "clock", "warning", "the log is 3[56]\\d\\d s ahead")
        database.execute("update journal set log_time = log_time - 100 * 86400 * 1000")
        database.execute("delete from cuts")
        database.execute("delete from outputs")
        database.commit()
        database.close()
        self.expect(self.doctor(code=1), "clock", "fault", "more than 30 days ahead")

    def test_another_engine(self) -> None:
        self.a_day()
        (self.state / "snapshot-a").unlink()
        database = sqlite3.connect(self.state / "log.db")
        database.execute("update cuts set body = replace(body, 'engine=', 'engine=0') where number = "
                         "(select max(number) from cuts)")
        changed = database.execute("select body from cuts order by number desc limit 1").fetchone()[0]
        database.commit()
        database.close()
        self.assertIn("engine=0", changed)
        self.expect(self.doctor(code=1), "engine", "fault", "made the last batches, and this is")


class OtherUsers(DoctorCase):
    """Run by root for a daemon of another user, and by that user."""

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to make files of another user")
    def setUp(self) -> None:
        super().setUp()
        self.a_day()

    def give(self, *paths: pathlib.Path) -> None:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)

    def give_all(self) -> None:
        self.give(self.state, *self.state.iterdir(), *self.folder.glob("*.out"))

    def as_nobody(self) -> Result:
        os.chmod(self.folder, 0o755)
        program = self.folder / "triaged"
        shutil.copy(binary.PATH, program)
        done = subprocess.run([program, "doctor", "-o", "json", "--config", self.configuration], capture_output=True,
                              text=True, timeout=60, user=NOBODY, group=NOBODY, extra_groups=[])
        program.unlink()
        return Result(done.returncode, done.stdout, done.stderr)

    def test_a_file_of_another_user(self) -> None:
        self.give_all()
        findings = self.doctor()
        self.expect(findings, "permissions", "warning", f"this is user 0, and the daemon is user {NOBODY}")
        os.chown(self.state / "log.db", 0, 0)
        findings = self.doctor(code=1)
        self.expect(findings, "permissions", "fault", f"log.db belongs to user 0 .* the daemon is user {NOBODY}")
        self.assertIn("chown", findings["permissions"]["advice"])

    def test_by_a_user_who_may_not(self) -> None:
        os.chmod(self.state, 0o700)
        result = self.as_nobody()
        self.assertEqual(result.code, 1)
        self.expect(self.read(result), "state folder", "fault", "can't be used by this user")

    def test_what_a_user_may_not_write(self) -> None:
        self.give_all()
        os.chown(self.folder / "incidents.out", 0, 0)
        (self.folder / "alerts.out").unlink()
        result = self.as_nobody()
        self.assertEqual(result.code, 1, result.err)
        findings = self.read(result)
        self.expect(findings, f"publish {self.folder}/incidents.out", "fault", "can't be written by this user")
        self.expect(findings, f"publish {self.folder}/alerts.out", "fault", "its folder .* can't be written")
        self.expect(findings, f"publish {self.folder}/audit.out", "ok", "can be written")
        self.assertEqual(findings["permissions"]["result"], "ok")

    def test_secrets(self) -> None:
        password = self.write("password", "x" * 20)
        os.chmod(password, 0o644)
        self.configuration.write_text(CONFIGURATION.replace(
            "127.0.0.1:0'", "127.0.0.1:0', users: [{name: ann, password_file: password}]"))
        self.expect(self.doctor(code=78), "configuration", "fault", r"yaml:3:\d+: .*/password .* everybody can read")
        os.chmod(password, 0o600)
        password.write_text(run("hash-password", stdin=b"x").out)
        self.others(self.doctor())
        password.unlink()
        findings = self.doctor(code=78)
        self.expect(findings, "configuration", "fault", r"yaml:3:\d+: can't read .*/password")
        self.expect(findings, "log", "ok", ".")


if __name__ == "__main__":
    unittest.main()
