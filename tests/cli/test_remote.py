"""What subcommands say of a daemon, against one that says what it is told to."""
import http.server
import json
import os
import pwd
import subprocess
import threading
from typing import Any

import binary
from binary import Case, run

INCIDENT = {"id": "INC-0-17", "revision": 2, "change": "updated", "state": "open", "title": "db is down\u001b[2J",
            "severity": "critical", "priority": "P1", "major": False, "rule": "by-service",
            "root": {"service": "db", "why": "it failed first"}, "services": ["db", "web"], "labels": {},
            "alertCount": 3, "assignee": "ann", "startedAt": "2026-03-02T10:00:00.000Z",
            "openedAt": "2026-03-02T10:00:01.000Z", "updatedAt": "2026-03-02T10:05:00.000Z",
            "alerts": [{"fingerprint": "0123456789abcdef", "labels": {"alertname": "Down", "service": "db"},
                        "state": "firing", "startsAt": "2026-03-02T10:00:00.000Z"},
                       {"fingerprint": "fedcba9876543210", "labels": {"alertname": "Slow"}, "state": "resolved",
                        "startsAt": "2026-03-02T10:00:02.000Z", "endsAt": "2026-03-02T10:04:00.000Z"}]}
TIMELINE = [{"at": "2026-03-02T10:00:01.000Z", "change": "opened", "state": "open", "priority": "P1", "alertCount": 1,
             "title": "db is down", "root": "db"},
            {"at": "2026-03-02T10:00:02.000Z", "change": "updated", "state": "open", "priority": "P1", "alertCount": 2,
             "root": "web"},
            {"at": "2026-03-02T10:00:03.000Z", "change": "updated", "state": "open", "priority": "P1", "alertCount": 2},
            {"id": "CMD-0-2", "at": "2026-03-02T10:00:04.000Z", "actor": "ann", "incident": "INC-0-17",
             "command": "assign", "assignee": "bob", "team": "shop", "accepted": True, "repeated": False},
            {"at": "2026-03-02T10:00:04.100Z", "change": "updated", "state": "open", "priority": "P1", "alertCount": 2},
            {"id": "CMD-0-3", "at": "2026-03-02T10:00:05.000Z", "actor": "ann", "incident": "INC-0-18",
             "command": "merge", "into": "INC-0-17", "accepted": True, "repeated": False},
            {"at": "2026-03-02T10:00:05.100Z", "change": "updated", "state": "open", "priority": "P2", "alertCount": 3,
             "title": "web is down"},
            {"id": "CMD-0-4", "at": "2026-03-02T10:00:06.000Z", "actor": "ann", "incident": "INC-0-17",
             "command": "split", "alerts": ["206bd815967af892"], "accepted": True, "repeated": False,
             "newIncident": "INC-0-19"},
            {"id": "CMD-0-5", "at": "2026-03-02T10:00:07.000Z", "actor": "ann", "incident": "INC-0-17",
             "command": "comment", "text": "who knows?", "accepted": True, "repeated": True},
            {"id": "CMD-0-1", "at": "2026-03-02T10:01:00.000Z", "actor": "ann", "incident": "INC-0-17",
             "command": "resolve", "accepted": False, "repeated": False, "reason": "it is not open"}]
SILENCE = {"id": "SIL-0-1", "kind": "silence", "state": "active", "matchers": ['service="db"'], "createdBy": "ann",
           "startsAt": "2026-03-02T10:00:00.000Z", "endsAt": "2026-03-02T12:00:00.000Z", "comment": "work"}
STATUS = {"version": "1.0", "uptimeSeconds": 3725.5, "ready": True, "notReady": [], "bundle": "abc", "reloadFailed": False,
          "sources": [{"name": "prometheus", "kind": "http", "received": 5, "rejected": 1, "stalled": True}],
          "log": {"directory": "state", "lastRecord": 9, "lastTaken": 9, "lastCut": 7, "bytes": 4096},
          "snapshotAgeSeconds": 60.25, "readModel": {"lastCut": 7}, "activeAlerts": 3, "incidents": {"open": {"P1": 1}}}


class Daemon:
    """Answers by (method, path without query), and keeps what it was asked."""

    def __init__(self, answers: dict[tuple[str, str], Any]) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        daemon = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                daemon.asked.append((self.command, self.path, body))
                status, document = answers.get((self.command, self.path.split("?")[0]),
                                               (404, {"detail": "there is no such thing"}))
                data = json.dumps(document).encode() if not isinstance(document, bytes) else document
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Remote(Case):
    def daemon(self, answers: dict[tuple[str, str], Any]) -> Daemon:
        daemon = Daemon(answers)
        self.addCleanup(daemon.close)
        return daemon

    def test_list(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/incidents"): (200, {"incidents": [INCIDENT]})})
        result = run("incidents", "--url", daemon.url)
        self.assertEqual((result.code, result.err), (0, ""))
        heading, line = result.out.splitlines()
        self.assertEqual(heading.split(), ["ID", "PRIO", "STATE", "STARTED", "ALERTS", "ASSIGNEE", "CAUSE", "TITLE"])
        self.assertTrue(line.startswith("INC-0-17  P1    open   2026-03-02 10:00:00Z  3       ann       db     db is down"))
        self.assertEqual(heading.index("TITLE"), line.index("db is down"))
        self.assertNotIn("\x1b", result.out)
        self.assertEqual(daemon.asked, [("GET", "/api/v1/incidents?state=open%2Cacknowledged&limit=100", None)])

        result = run("incidents", "list", "--state", "all", "--priority", "P1", "--priority", "P2", "--since",
                     "2026-03-02T00:00:00Z", "-q", "a&b", "--limit", "5", "-o", "json", "--url", daemon.url)
        self.assertEqual(json.loads(result.out), {"incidents": [INCIDENT]})
        self.assertEqual(daemon.asked[-1][1], "/api/v1/incidents?priority=P1&priority=P2&since=2026-03-02T00%3A00%3A00Z"
                         "&q=a%26b&limit=5")

    def test_pages_up_to_the_limit(self) -> None:
        page = {"incidents": [INCIDENT] * 2, "next": "c+1"}
        daemon = self.daemon({("GET", "/api/v1/incidents"): (200, page)})
        result = run("incidents", "--limit", "3", "--url", daemon.url)
        self.assertEqual(result.code, 0)
        self.assertIn("there are more", result.err)
        self.assertIn("limit=1&cursor=c%2B1", daemon.asked[1][1])

    def test_nothing(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/incidents"): (200, {"incidents": []})})
        self.assertEqual(run("incidents", "--url", daemon.url).err.splitlines()[-1], "nothing is open")
        for filters in (("-q", "db"), ("--service", "db"), ("--since", "2h"), ("--state", "open"), ("--team", "shop")):
            self.assertEqual(run("incidents", *filters, "--url", daemon.url), (0, "", "no incident is like that\n"))

    def test_nothing_yet(self) -> None:
        answers = {("GET", "/api/v1/incidents"): (200, {"incidents": []}),
                   ("GET", "/api/v1/alerts"): (200, {"alerts": []}),
                   ("GET", "/api/v1/status"): (200, {**STATUS, "activeAlerts": 0})}
        daemon = self.daemon(answers)
        self.assertEqual(run("incidents", "--url", daemon.url), (0, "", "nothing is open\n"))
        answers["GET", "/api/v1/status"] = (200, {**STATUS, "activeAlerts": 2})
        self.assertEqual(run("incidents", "--url", daemon.url), (0, "", "nothing is open; 2 active alerts wait for their "
                                                                 "cause, as long as the rule's `hold` says\n"))
        answers["GET", "/api/v1/alerts"] = (200, {"alerts": [{"state": "firing", "reason": "silenced"}]})
        self.assertIn("or are in no incident", run("incidents", "--url", daemon.url).err)

    def test_a_team_is_no_assignee(self) -> None:
        incident = {**INCIDENT, "team": "shop", "assignee": None}
        daemon = self.daemon({("GET", "/api/v1/incidents"): (200, {"incidents": [incident]})})
        self.assertNotIn("shop", run("incidents", "--url", daemon.url).out)

    def test_who_acts_where_no_user_is_named(self) -> None:
        answer = {"command": {"accepted": True}, "incident": INCIDENT}
        daemon = self.daemon({("POST", "/api/v1/commands"): (200, answer)})
        subprocess.run([binary.PATH, "incidents", "ack", "INC-0-17", "--url", daemon.url], capture_output=True, timeout=60,
                       check=True, env={k: v for k, v in binary.environment().items() if k != "USER"})
        self.assertEqual(daemon.asked[-1][2]["actor"], pwd.getpwuid(os.getuid()).pw_name)

    def test_show(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/incidents/INC-0-17"): (200, INCIDENT),
                              ("GET", "/api/v1/incidents/INC-0-17/timeline"): (200, {"timeline": TIMELINE})})
        result = run("incidents", "show", "INC-0-17", "--url", daemon.url)
        self.assertEqual((result.code, result.err), (0, ""))
        for line in ("cause         db", "why           it failed first", "services      db, web", "2 of 3 alerts",
                     '0123456789abcdef  firing    2026-03-02 10:00:00Z                        Down service="db"',
                     'fedcba9876543210  resolved  2026-03-02 10:00:02Z  2026-03-02 10:04:00Z  Slow'):
            self.assertIn(line, result.out)
        self.assertEqual(result.out.split("WHAT\n")[1].splitlines(), [
            "2026-03-02 10:00:01Z  opened: open, P1, 1 alert, cause db",
            "2026-03-02 10:00:02Z  updated: 2 alerts (was 1), cause web",
            "2026-03-02 10:00:03Z  updated: severity, services, or what its alerts say",
            "2026-03-02 10:00:04Z  assign by ann: assignee bob, team shop",
            "2026-03-02 10:00:04Z  updated: as was asked",
            "2026-03-02 10:00:05Z  merge by ann: INC-0-18 into INC-0-17",
            "2026-03-02 10:00:05Z  updated: P2 (was P1), 3 alerts (was 2), title web is down",
            "2026-03-02 10:00:06Z  split by ann: alerts 206bd815967af892, out of INC-0-17 to INC-0-19",
            "2026-03-02 10:00:07Z  comment by ann: who knows?; was done before",
            "2026-03-02 10:01:00Z  resolve by ann; refused: it is not open"])
        self.assertNotIn("\x1b", result.out)
        result = run("incidents", "show", "INC-0-18", "--url", daemon.url)
        self.assertEqual(result, (1, "", "triaged: there is no such thing\n"))

    def test_acts(self) -> None:
        answer = {"command": {"accepted": True}, "incident": {**INCIDENT, "state": "acknowledged"}}
        daemon = self.daemon({("POST", "/api/v1/commands"): (200, answer)})
        result = run("incidents", "ack", "INC-0-17", "INC-0-18", "--actor", "bob", "--url", daemon.url)
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertIn("INC-0-17 acknowledged, P1: db is down", result.out)
        self.assertEqual([asked[2] for asked in daemon.asked],
                         [{"command": "acknowledge", "incident": id, "actor": "bob"} for id in ("INC-0-17", "INC-0-18")])
        for arguments, sent in {
            ("assign", "INC-0-1", "--to", "ann", "--team", "dba"): {"command": "assign", "assignee": "ann", "team": "dba"},
            ("comment", "INC-0-1", "it's \"odd\""): {"command": "comment", "text": "it's \"odd\""},
            ("resolve", "INC-0-1"): {"command": "resolve"},
            ("reopen", "INC-0-1"): {"command": "reopen"},
            ("close", "INC-0-1", "--key", "k"): {"command": "close", "key": "k"},
            ("merge", "INC-0-1", "--into", "INC-0-2"): {"command": "merge", "into": "INC-0-2"},
            ("split", "INC-0-1", "0123456789abcdef", "00"): {"command": "split", "alerts": ["0123456789abcdef", "00"]},
        }.items():
            self.assertEqual(run("incidents", *arguments, "--actor", "a", "--url", daemon.url).code, 0, arguments)
            self.assertEqual(daemon.asked[-1][2], {"incident": "INC-0-1", "actor": "a", **sent})

    def test_refused_and_not_yet(self) -> None:
        daemon = self.daemon({("POST", "/api/v1/commands"): (409, {"detail": "INC-0-1 is closed"})})
        result = run("incidents", "ack", "INC-0-1", "--url", daemon.url)
        self.assertEqual((result.code, result.err), (1, "triaged: INC-0-1 is closed\n"))
        daemon = self.daemon({("POST", "/api/v1/commands"): (202, {"id": "CMD-0-9"})})
        result = run("incidents", "ack", "INC-0-1", "--url", daemon.url)
        self.assertEqual((result.code, result.out), (0, ""))
        self.assertIn("/api/v1/commands/CMD-0-9", result.err)
        daemon = self.daemon({("POST", "/api/v1/commands"): (503, {"detail": "the disk is full"})})
        self.assertEqual(run("incidents", "ack", "INC-0-1", "--url", daemon.url).code, 70)

    def test_silences(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/silences"): (200, {"silences": [SILENCE]}),
                              ("GET", "/api/v1/silences/SIL-0-1"): (200, SILENCE),
                              ("POST", "/api/v1/commands"): (200, {"command": {}, "silence": SILENCE})})
        result = run("silences", "--url", daemon.url)
        self.assertIn('SIL-0-1  active  2026-03-02 10:00:00Z  2026-03-02 12:00:00Z  ann  service="db"  work', result.out)
        self.assertEqual(daemon.asked[-1][1], "/api/v1/silences?limit=1000&state=active%2Cpending")
        self.assertIn("SIL-0-1", run("silences", "show", "SIL-0-1", "--url", daemon.url).out)
        result = run("silences", "add", 'service="db"', 'severity!="critical"', "--for", "2h", "--comment", "work",
                     "--actor", "a", "--url", daemon.url)
        self.assertEqual(result, (0, 'SIL-0-1 active, until 2026-03-02 12:00:00Z: service="db"\n', ""))
        self.assertEqual(daemon.asked[-1][2], {"command": "silence", "matchers": ['service="db"', 'severity!="critical"'],
                                               "duration": "2h", "comment": "work", "actor": "a"})
        run("silences", "add", 'a="b"', "--maintenance", "--until", "2026-03-02T12:00:00Z", "--actor", "a", "--url",
            daemon.url)
        self.assertEqual(daemon.asked[-1][2], {"command": "maintenance", "matchers": ['a="b"'],
                                               "endsAt": "2026-03-02T12:00:00Z", "actor": "a"})
        run("silences", "expire", "SIL-0-1", "--actor", "a", "--url", daemon.url)
        self.assertEqual(daemon.asked[-1][2], {"command": "expire", "id": "SIL-0-1", "actor": "a"})
        over = {**SILENCE, "state": "expired"}
        daemon = self.daemon({("POST", "/api/v1/commands"): (200, {"command": {}, "silence": over})})
        result = run("silences", "expire", "SIL-0-1", "--actor", "a", "--url", daemon.url)
        self.assertEqual(result.out, 'SIL-0-1 expired, ended at 2026-03-02 12:00:00Z: service="db"\n')
        self.assertEqual(run("silences", "add", 'a="b"', "--url", daemon.url).code, 2)

    def test_status(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/status"): (200, STATUS)})
        result = run("status", "--url", daemon.url)
        self.assertEqual((result.code, result.err), (0, ""))
        for line in ("daemon        1.0, ready", "up            1h 2m", "snapshot      1m 0s old", "bundle        abc", "record 9, cut 7, 4096 bytes",
                     "alerts        3 active"):
            self.assertIn(line, result.out)
        self.assertRegex(result.out, r"(?m)^prometheus +http +never +5 +1 +stalled$")
        self.assertRegex(result.out, r"(?m)^open +1 +0 +0 +0 +0$")
        self.assertEqual(json.loads(run("status", "-o", "json", "--url", daemon.url).out), STATUS)
        daemon = self.daemon({("GET", "/api/v1/status"): (200, {**STATUS, "ready": False, "notReady": ["it recovers"]})})
        result = run("status", "--url", daemon.url)
        self.assertEqual(result.code, 1)
        self.assertIn("it recovers", result.out)

    def test_no_daemon(self) -> None:
        daemon = Daemon({})
        daemon.close()
        result = run("status", "--url", daemon.url)
        self.assertEqual(result, (70, "", f"triaged: no daemon answers at {daemon.url}: start one with `triaged run`, "
                                  "or say where with --url\n"))

    def test_something_else_answers(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/status"): (200, b"<html>")})
        result = run("status", "--url", daemon.url)
        self.assertEqual(result.code, 70)
        self.assertIn("is no triaged", result.err)

    def test_where_it_is(self) -> None:
        daemon = self.daemon({("GET", "/api/v1/status"): (200, STATUS)})
        (self.folder / "state").mkdir()
        self.write("state/listen", daemon.url.removeprefix("http://") + "\n")
        self.assertEqual(run("status", cwd=self.folder).code, 0)
        config = self.write("triaged.yaml", "version: 1\nlog: {local: {directory: state}}\n")
        self.assertEqual(run("status", "--config", config).code, 0)
        self.assertEqual(run("status", "--config", self.folder / "gone.yaml").code, 2)

    def test_secrets(self) -> None:
        self.assertEqual(run("status", "--token-file", self.folder / "gone", "--url", "http://127.0.0.1:1").code, 2)

    def test_usage(self) -> None:
        for arguments, told in {("incidents", "lst"): 'unknown command "lst"; did you mean "list"?',
                                ("incidents", "show", "--urll", "x"): 'unknown option "--urll"; did you mean "--url"?',
                                ("incidents", "assign", "INC-0-1"): "assign to whom? --to or --team",
                                ("incidents", "--since", "yesterday"): "is neither a time"}.items():
            result = run(*arguments)
            self.assertEqual(result.code, 2, arguments)
            self.assertIn(told, result.err)

    def test_help_is_of_the_subcommand(self) -> None:
        for arguments, usage, example in (
                (("incidents", "ack"), "ack [OPTIONS] ID...", "triaged incidents ack INC-0-17 INC-0-18"),
                (("incidents", "assign"), "assign [OPTIONS] ID...", "triaged incidents assign INC-0-17 --to ann"),
                (("silences", "expire"), "expire [OPTIONS] ID...", "triaged silences expire SIL-0-3"),
                (("silences", "add"), "add [OPTIONS] MATCHER...", "triaged silences add 'host="),
                (("backup",), "backup [OPTIONS] FILE", "triaged backup /backup"),
                (("restore",), "restore [OPTIONS] FILE", "triaged restore /backup")):
            out = run(*arguments, "-h").out
            self.assertIn(usage + "\n", out)
            self.assertIn(example, out)
            self.assertNotIn("Option Group", out)
            if len(arguments) == 2:
                examples = [line for line in out.splitlines() if line.startswith("  triaged ")]
                self.assertTrue(all(line.startswith("  triaged " + " ".join(arguments)) for line in examples), out)
