"""backup and restore."""
import hashlib
import os
import pathlib
import sqlite3
import subprocess
import threading
import unittest

import binary
from binary import Result, alert, run
from running import CONFIGURATION, Daemon, RunningCase


def digest(database: sqlite3.Connection) -> str:
    """What a backup says of its content."""
    content = hashlib.sha256()
    content.update(b"%d %s\n" % database.execute("select made_at, cast(version as blob) from backup").fetchone())
    for table, key in (("meta", "name"), ("journal", "position"), ("resumes", "source"), ("cuts", "number"),
                       ("outputs", "cut"), ("rejected", "cut"), ("publishers", "name"), ("snapshots", "name, at")):
        for row in database.execute(f"select * from {table} order by {key}"):
            for value in row:
                data = value if isinstance(value, bytes) else str(value).encode()
                content.update(b"%d " % len(data) + data)
        content.update(b"\n")
    return content.hexdigest()


class Backup(RunningCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.folder / "triaged.backup"
        self.other = self.folder / "other"
        self.other.mkdir()
        (self.other / "by-service.yaml").write_text(binary.BY_SERVICE)
        self.elsewhere = self.other / "triaged.yaml"
        self.elsewhere.write_text(CONFIGURATION)

    def backup(self) -> Result:
        result = run("backup", self.file, "--config", self.configuration)
        self.assertEqual((result.code, result.out), (0, ""), result.err)
        self.assertFalse(list(self.folder.glob("*.part*")))
        return result

    def restore(self, *arguments: str) -> Result:
        return run("restore", self.file, "--config", self.elsewhere, *arguments)

    def a_day(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)

    def replay(self, configuration: pathlib.Path) -> str:
        result = run("replay", "--log", configuration)
        self.assertEqual(result.code, 0, result.err)
        return result.out

    def restored(self) -> list[str]:
        return sorted(path.name for path in (self.other / "state").iterdir())

    def test_of_a_stopped_daemon(self) -> None:
        self.a_day()
        before = {path.name: path.read_bytes() for path in self.state.glob("snapshot-*")}
        self.backup()
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        result = self.restore()
        self.assertEqual((result.code, result.out), (0, ""), result.err)
        self.assertRegex(result.err, r"made \S+Z by triaged \S+: records 1 to 11, cuts 1 to \d+, from \S+Z to \S+Z, "
                         r"1 snapshots")
        self.assertEqual(self.restored(), ["lock", "log.db", *sorted(before)])
        for name, content in before.items():
            self.assertEqual((self.other / "state" / name).read_bytes(), content)
        self.assertEqual(self.replay(self.elsewhere), self.replay(self.configuration))
        # A daemon goes on from there, and its read model is what it was.
        old, new = self.start(), Daemon(self.elsewhere)
        self.addCleanup(new.kill)
        new.wait_for_incidents(5)
        for path in ("/api/v1/incidents", "/api/v1/alerts", "/api/v1/silences", "/api/v1/incidents/INC-0-1/timeline"):
            self.assertEqual(new.ask("GET", path), old.ask("GET", path))
        self.assertEqual(new.post(alert("new")).status, 200)
        new.wait_for_incidents(6)
        self.assertEqual(new.stop(), 0)
        self.replay(self.elsewhere)

    def test_while_alerts_come(self) -> None:
        daemon = self.start()
        accepted: list[str] = []
        stop = threading.Event()

        def load() -> None:
            while not stop.is_set():
                name = f"i{len(accepted)}"
                if daemon.post(alert("web", labels={"instance": name})).status == 200:
                    accepted.append(name)

        sender = threading.Thread(target=load)
        sender.start()
        try:
            kept = []
            for _ in range(3):
                kept.append(len(accepted))
                self.backup()
        finally:
            stop.set()
            sender.join()
        self.assertEqual(daemon.stop(), 0)
        result = self.restore()
        self.assertEqual(result.code, 0, result.err)
        records = run("replay", "--log", self.elsewhere, "--records", self.folder / "records", "--incidents",
                      self.folder / "incidents")
        self.assertEqual(records.code, 0, records.err)
        self.assertTrue(self.replay(self.configuration).startswith((self.folder / "incidents").read_text()))
        database = sqlite3.connect(self.other / "state" / "log.db")
        self.addCleanup(database.close)
        self.assertGreater(database.execute("select max(position) from journal").fetchone()[0], kept[-1])
        self.assertEqual(database.execute("pragma integrity_check").fetchone()[0], "ok")

    def test_followed_and_published_files_after_a_restore(self) -> None:
        self.a_day()
        self.backup()
        self.assertEqual(self.restore().code, 0)
        published = self.other / "incidents.out"
        published.write_text("of another life\n")
        new = Daemon(self.elsewhere)
        self.addCleanup(new.kill)
        self.assertEqual(new.post(alert("new")).status, 200)
        new.wait_for_incidents(6)
        self.assertEqual(new.stop(), 0)
        lines = published.read_text().splitlines()
        self.assertEqual(lines[0], "of another life")
        self.assertIn('"services":["new"]', lines[-1])
        self.assertNotIn("publisher_failed", (self.other / "daemon.log").read_text())

    def test_a_folder_that_is_in_use_or_not_empty(self) -> None:
        self.a_day()
        self.backup()
        new = Daemon(self.elsewhere)
        self.addCleanup(new.kill)
        for arguments in ([], ["--force"]):
            result = self.restore(*arguments)
            self.assertEqual(result.code, 70)
            self.assertIn("another triaged", result.err)
        self.assertEqual(new.post(alert("mine")).status, 200)
        new.wait_for_incidents(1)
        self.assertEqual(new.stop(), 0)
        before = self.restored()
        result = self.restore()
        self.assertEqual(result.code, 2)
        self.assertIn("is not empty; --force", result.err)
        self.assertEqual(self.restored(), before)
        for number in (1, 2):
            result = self.restore("--force")
            self.assertEqual(result.code, 0, result.err)
            self.assertIn(f"state.before-restore-{number} now", result.err)
        self.assertIn('"mine"', self.replay(self.other / "state.before-restore-1"))
        self.assertEqual(self.replay(self.elsewhere), self.replay(self.configuration))

    def test_a_damaged_backup_changes_nothing(self) -> None:
        self.a_day()
        self.backup()
        good = self.file.read_bytes()

        def expect(code: int, words: str) -> None:
            result = self.restore()
            self.assertEqual((result.code, result.out), (code, ""), result.err)
            self.assertIn(words, result.err)
            self.assertFalse(set(self.restored() if (self.other / "state").exists() else []) - {"lock"})

        self.file.write_bytes(good[:len(good) // 2])
        expect(70, "")
        refused = 0
        used = [at for at in range(100, len(good)) if good[at] != 0]
        for at in used[::len(used) // 23]:  # somewhere in every part of it
            self.file.write_bytes(good[:at] + bytes([good[at] ^ 255]) + good[at + 1:])
            result = self.restore()
            if result.code == 0:  # it was a byte that nothing uses
                self.assertEqual(self.replay(self.elsewhere), self.replay(self.configuration))
                subprocess.run(["rm", "-r", str(self.other / "state")], check=True)
            else:
                refused += 1
                self.assertFalse((self.other / "state").exists())
        self.assertGreater(refused, 15)
        self.file.write_bytes(b"no database" * 1000)
        expect(70, "is no backup that triaged made")
        self.file.write_bytes((self.state / "log.db").read_bytes())
        expect(70, "is no backup that triaged made")
        self.file.unlink()
        expect(2, "there is no such file")

    def test_a_backup_that_no_daemon_could_start_from(self) -> None:
        self.a_day()
        for statement, words in (
                ("update cuts set body = replace(body, 'number=3 ', 'number=4 ') where number = 3", "cut 3 is damaged"),
                ("delete from cuts where number = 3", "cut 4 follows cut 2"),
                ("delete from outputs where cut = (select max(cut) from outputs)", ""),
                ("update outputs set block = (select block from outputs where cut = (select max(cut) from outputs)) "
                 "where cut = (select min(cut) from outputs where cut not in (select cut from rejected))",
                 "has other outputs than its hash says"),
                ("update snapshots set bytes = zeroblob(length(bytes))", "damaged: it is torn"),
                ("delete from snapshots; delete from journal where position = 2", "record 2 of the log is needed"),
                ("update snapshots set name = '../evil'", "holds a file that triaged does not write")):
            with self.subTest(statement):
                self.backup()
                database = sqlite3.connect(self.file)
                database.executescript(statement)
                database.execute("update backup set digest = ?", [digest(database)])
                database.commit()
                database.close()
                result = self.restore()
                if words:
                    self.assertEqual(result.code, 70, result.err)
                    self.assertIn(words, result.err)
                    self.assertEqual(self.restored(), ["lock"])
                else:  # what is missing is made again from what is there
                    self.assertEqual(result.code, 0, result.err)
                    self.assertEqual(self.replay(self.elsewhere), self.replay(self.configuration))
                    subprocess.run(["rm", "-r", str(self.other / "state")], check=True)

    def test_what_is_not_replaced(self) -> None:
        self.a_day()
        self.backup()
        first = self.file.read_bytes()
        self.backup()
        self.assertNotEqual(self.file.read_bytes(), first, "it says when it was made")
        precious = self.write("precious", "mine")
        for target, words in ((precious, "is no backup"), (self.configuration, "is no backup"),
                              (self.state / "log.db", "in the state folder"), (self.state / "new", "in the state folder"),
                              (self.folder, "is no backup"), (self.folder / "missing" / "file", "missing")):
            result = run("backup", target, "--config", self.configuration)
            self.assertEqual(result.code, 70)
            self.assertIn(words, result.err)
        self.assertEqual(precious.read_text(), "mine")
        self.replay(self.configuration)

    def test_into_a_new_folder(self) -> None:
        self.a_day()
        self.assertEqual(self.backup().code, 0)
        folder = self.folder / "deep" / "new.state"
        result = run("restore", self.file, "--config", folder)
        self.assertEqual(result.code, 0, result.err)
        self.assertTrue((folder / "log.db").exists())
        gone = self.folder / "gone.yaml"
        self.assertEqual(run("restore", self.file, "--config", gone).code, 2)
        self.assertFalse(gone.exists())

    def test_no_log(self) -> None:
        result = run("backup", self.file, "--config", self.configuration)
        self.assertEqual(result.code, 2)
        self.assertIn("holds no log", result.err)
        self.assertFalse(self.file.exists())

    @unittest.skipUnless(os.geteuid() == 0, "only root can make a small file system")
    def test_no_room(self) -> None:
        self.a_day()
        self.backup()
        needed = self.file.stat().st_size // 4096
        for pages in (1, needed // 2, needed - 2):  # before, in and behind the log
            small = self.folder / "small"
            small.mkdir(exist_ok=True)
            if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * 4096}", "tmpfs", str(small)],
                              capture_output=True).returncode != 0:
                self.skipTest("no mounts here")
            try:
                target = small / "backup"
                result = run("backup", target, "--config", self.configuration)
                self.assertEqual(result.code, 70, result.err)
                self.assertRegex(result.err, "full|No space")
                self.assertEqual(list(small.iterdir()), [])
            finally:
                subprocess.run(["umount", str(small)], check=True)
