"""replay --log: what a daemon recorded gives again what it published."""
import contextlib
import json
import pathlib
import re
import sqlite3
from typing import Any

from binary import Result, alert, ndjson, run
from running import RunningCase

TOPICS = {"incidents": "--incidents", "alerts": "--records", "audit": "--audit", "silences": "--silences",
          "rejected": "--rejected"}


class ReplayLog(RunningCase):
    def outputs(self, log: pathlib.Path, *arguments: str) -> tuple[Result, dict[str, bytes]]:
        files = {topic: self.folder / f"{topic}.again" for topic in TOPICS}
        asked = [text for topic, option in TOPICS.items() for text in (option, str(files[topic]))]
        result = run("replay", "--log", log, *asked, *arguments)
        return result, {topic: path.read_bytes() for topic, path in files.items() if path.exists()}

    def published(self) -> dict[str, bytes]:
        return {topic: (self.folder / f"{topic}.out").read_bytes() for topic in TOPICS}

    def a_day(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)

    def database(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.state / "log.db")
        self.addCleanup(database.close)
        return database

    def change(self, statement: str, *values: Any) -> None:
        database = self.database()
        self.assertEqual(database.execute(statement, values).rowcount, 1)
        database.commit()
        database.close()

    def test_gives_what_was_published(self) -> None:
        self.a_day()
        published = self.published()
        self.assertTrue(all(published.values()), "every topic has something to compare")
        result, again = self.outputs(self.configuration)
        self.assertEqual((result.code, result.out), (0, ""), result.err)
        self.assertEqual(again, published)
        self.assertEqual(result.last_line, "12 alerts, 1 rejected")
        self.assertIn("all as recorded", result.err)
        self.assertNotIn("not run", result.err)
        # The state folder will do, and standard output is the default.
        self.assertEqual(run("replay", "--log", self.state).out.encode(), published["incidents"])

    def test_final(self) -> None:
        self.a_day()
        last = {json.loads(line)["id"]: line for line in self.published()["incidents"].splitlines()}
        result = run("replay", "--log", self.configuration, "--final")
        self.assertEqual(result.out.encode().splitlines(), [last[f"INC-0-{n}"] for n in range(1, 6)])

    def test_strict(self) -> None:
        self.a_day()
        self.assertEqual(run("replay", "--log", self.configuration, "--strict").code, 1)

    def test_while_the_daemon_runs_and_after_it_was_killed(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        result, running = self.outputs(self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(daemon.post(alert("later")).status, 200)
        daemon.kill()
        result, killed = self.outputs(self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.start().stop(), 0)
        result, recovered = self.outputs(self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(recovered, self.published())
        for topic in TOPICS:
            self.assertTrue(killed[topic].startswith(running[topic]))
            self.assertTrue(recovered[topic].startswith(killed[topic]))
        self.assertTrue(running["incidents"])

    def test_says_what_was_not_run_yet(self) -> None:
        # Killed between the journal and the cut that would have taken it.
        daemon = self.start()
        self.record_a_day(daemon)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.start(TRIAGED_TEST_CRASH_AT="before-apply")
        with contextlib.suppress(OSError):  # it may die before or after it has answered
            daemon.post(alert("later"))
            daemon.post(alert("later"))
        self.assertLess(daemon.process.wait(30), 0)
        result, again = self.outputs(self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertRegex(result.err, "[12] records behind the last cut were not run")
        self.assertEqual(again, self.published())

    def test_from_a_snapshot_where_the_beginning_is_gone(self) -> None:
        self.a_day()
        before = self.published()["incidents"]
        self.assertEqual(self.start().stop(), 0)
        daemon = self.start()
        self.assertEqual(daemon.post(alert("after")).status, 200)
        daemon.wait_for_incidents(6)
        self.assertEqual(daemon.stop(), 0)
        self.change("delete from journal where position = 1")
        result, again = self.outputs(self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertRegex(result.err, r"state/snapshot-[ab]: begins after cut \d+, record \d+")
        self.assertTrue(before + again["incidents"] == self.published()["incidents"] and again["incidents"])
        # Without one there is nothing to begin from.
        for snapshot in self.state.glob("snapshot-?"):
            snapshot.write_bytes(snapshot.read_bytes()[:-1])
        result, _ = self.outputs(self.configuration)
        self.assertEqual(result.code, 70)
        self.assertIn("record 1 of the log is needed, and it is not there", result.err)

    def test_names_the_first_cut_that_differs(self) -> None:
        self.a_day()
        self.change("update journal set payload = (select payload from journal where position = 2) where position = 3")
        first = self.database().execute("select min(number) from cuts where through >= 3").fetchone()[0]
        result, again = self.outputs(self.configuration)
        self.assertEqual(result.code, 70)
        differs = re.search(r"cut (\d+) \(records up to \d+\) did not come out as it is recorded: output \d+", result.err)
        self.assertTrue(differs and int(differs[1]) >= first, result.err)
        self.assertTrue(self.published()["alerts"].startswith(again["alerts"]), "what is good is written")

    def test_an_altered_block_of_outputs(self) -> None:
        self.a_day()
        one, other = [row[0] for row in self.database().execute("select cut from outputs order by cut limit 2")]
        self.change("update outputs set block = (select block from outputs where cut = ?) where cut = ?", other, one)
        result, _ = self.outputs(self.configuration)
        self.assertEqual(result.code, 70)
        # Which of the two: whether what was rejected fits between the others hangs on what each cut took.
        self.assertRegex(result.err, f"cut {one}: its outputs do not stand in the log as its hash says|"
                                     f"the block of outputs of cut {one} is damaged")

    def test_outputs_that_were_let_go_are_made_again(self) -> None:
        self.a_day()
        database = self.database()
        database.execute("delete from outputs")
        database.execute("delete from rejected")
        database.commit()
        result, again = self.outputs(self.configuration)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(again, self.published())

    def test_another_engine_version(self) -> None:
        self.a_day()
        database = self.database()
        database.execute("update cuts set body = replace(body, ' engine=', ' engine=9')")
        database.execute("update cuts set body = replace(body, ' engine_version=', ' engine_version=9')")
        database.commit()
        result = run("replay", "--log", self.configuration)
        self.assertEqual((result.code, result.out), (78, ""), result.err)
        self.assertIn("engine version 9", result.err)

    def test_never_writes_beside_what_it_reads(self) -> None:
        self.a_day()
        before = (self.state / "log.db").read_bytes()
        for name in ("log.db", "log.db-wal", "snapshot-a", "new"):
            result = run("replay", "--log", self.configuration, "--audit", self.state / name)
            self.assertEqual(result.code, 2)
            self.assertIn("would be written into the folder that --log reads", result.err)
        self.assertEqual(run("replay", "--log", self.configuration, "--incidents", self.configuration).code, 2)
        self.assertEqual((self.state / "log.db").read_bytes(), before)
        self.assertFalse((self.state / "new").exists())


class Usage(RunningCase):
    def expect(self, code: int, *arguments: str | pathlib.Path) -> str:
        result = run("replay", *arguments)
        self.assertEqual((result.code, result.out), (code, ""), result.err)
        return result.err

    def test_one_of_alerts_and_log(self) -> None:
        alerts = self.write("alerts", ndjson(alert()))
        self.assertIn("--alerts FILE, or --log CONFIG", self.expect(2))
        self.assertIn("--alerts excludes --log", self.expect(2, "--alerts", alerts, "--log", self.configuration))
        for option in ("--rules", "--catalogue", "--changes", "--memberships"):
            self.assertIn("--alerts", self.expect(2, "--log", self.configuration, option, alerts))
        self.assertIn("--alerts", self.expect(2, "--log", self.configuration, "--drain"))
        for option in ("--audit", "--silences", "--rejected"):
            self.assertIn("--log", self.expect(2, "--alerts", alerts, option, self.folder / "out"))

    def test_no_log(self) -> None:
        self.assertIn("holds no log", self.expect(2, "--log", self.configuration))
        self.expect(2, "--log", self.folder / "missing.yaml")
        self.write("by-service.yaml", "correlate: 7\n")
        self.expect(78, "--log", self.configuration)

    def test_a_damaged_log(self) -> None:
        self.state.mkdir()
        (self.state / "log.db").write_bytes(b"no database" * 1000)
        self.expect(70, "--log", self.configuration)
