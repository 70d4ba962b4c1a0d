import json
import pathlib

from binary import ROOT, Case, alert, ndjson, run

TIMES = [f"2026-03-02T10:{minute:02}:00Z" for minute in range(60)]


class Replay(Case):
    def members(self, content: bytes, *arguments: str | pathlib.Path) -> list[dict[str, str]]:
        path = self.folder / "members"
        self.assertEqual(self.replay(content, "--memberships", path, *arguments).code, 0)
        return [json.loads(line) for line in path.read_text().splitlines()]

    def test_one_alert_is_one_incident(self) -> None:
        result = self.replay(ndjson(alert()))
        self.assertEqual(result.code, 0)
        [incident] = result.documents
        self.assertEqual(incident["id"], "INC-0-1")
        self.assertEqual((incident["revision"], incident["change"], incident["state"]), (1, "opened", "open"))
        self.assertEqual(incident["services"], ["web"])
        self.assertEqual(incident["rule"], "by-service")
        self.assertEqual(incident["startedAt"], "2026-03-02T10:00:00.000Z")
        self.assertEqual(incident["evidence"][0]["file"], str(self.rules))
        self.assertEqual(incident["evidence"][0]["line"], 2)

    def test_nothing_times_out_at_the_end(self) -> None:
        self.assertEqual([d["state"] for d in self.replay(ndjson(alert())).documents], ["open"])

    def test_drain_runs_until_quiet(self) -> None:
        states = [d["state"] for d in self.replay(ndjson(alert()), "--drain").documents]
        self.assertEqual((states[0], states[-2:]), ("open", ["resolved", "closed"]))

    def test_a_resolve(self) -> None:
        result = self.replay(ndjson(alert(), alert(endsAt=TIMES[4])), "--drain", "--final")
        [incident] = result.documents
        self.assertEqual(incident["endedAt"], "2026-03-02T10:04:00.000Z")
        self.assertEqual(incident["state"], "closed")

    def test_final_is_the_last_document_of_each_by_number(self) -> None:
        content = ndjson(*(alert(f"s{n % 12}", TIMES[n // 12], labels={"instance": str(n)}) for n in range(48)))
        every = self.replay(content).documents
        final = self.replay(content, "--final").documents
        self.assertEqual([d["id"] for d in final], [f"INC-0-{n}" for n in range(1, 13)])
        last = {d["id"]: d for d in every}
        self.assertEqual(final, [last[d["id"]] for d in final])
        self.assertGreater(len(every), len(final))

    def test_revisions_count_up(self) -> None:
        content = ndjson(*(alert("web", TIMES[n], labels={"instance": str(n)}) for n in range(5)))
        self.assertEqual([d["revision"] for d in self.replay(content).documents], [1, 2, 3, 4, 5])

    def test_membership_of_refires_but_not_of_repeats(self) -> None:
        repeats = [alert(receivedAt=TIMES[minute]) for minute in range(4)]
        ended = alert(endsAt=TIMES[4], receivedAt=TIMES[4])
        again = alert(start=TIMES[5], receivedAt=TIMES[5])
        members = self.members(ndjson(*repeats, ended, again, {**again, "receivedAt": TIMES[6]}))
        self.assertEqual([m["startsAt"] for m in members], ["2026-03-02T10:00:00.000Z", "2026-03-02T10:05:00.000Z"])
        self.assertEqual({m["incident"] for m in members}, {"INC-0-1"})
        self.assertEqual(members[0]["labels"], {"alertname": "Down", "service": "web", "severity": "critical"})

    def test_log_time_without_received_at(self) -> None:
        # The later of startsAt and endsAt; without either, the clock as it stands.
        nameless = {"labels": {"service": "other"}}
        members = self.members(ndjson(alert(), alert(endsAt=TIMES[7]), nameless))
        self.assertEqual(members[-1]["labels"], {"service": "other"})
        self.assertEqual(members[-1]["startsAt"], "2026-03-02T10:07:00.000Z")

    def test_the_incidents_file_is_what_standard_output_has(self) -> None:
        content = ndjson(alert("a"), alert("b"))
        path = self.folder / "incidents"
        result = self.replay(content, "--incidents", path)
        self.assertEqual(result.out, "")
        self.assertEqual(path.read_text(), self.replay(content).out)

    def test_records_say_where_every_alert_is(self) -> None:
        rules = self.write("picky.yaml", "correlate:\n  - name: web\n    matchers: ['service=\"web\"']\n"
                           "    by: {labels: [service]}\n")
        path = self.folder / "records"
        alerts = self.write("alerts", ndjson(alert("web"), alert("db")))
        result = run("replay", "--alerts", alerts, "--rules", rules, "--records", path)
        records = {r["labels"]["service"]: r for r in map(json.loads, path.read_text().splitlines())}
        self.assertEqual(records["web"]["incident"], "INC-0-1")
        self.assertNotIn("incident", records["db"])
        self.assertIn(records["db"]["reason"], result.err)
        self.assertIn("1 alert is in no incident", result.err)
        self.assertEqual(result.last_line, "2 alerts, 0 rejected")

    def test_bad_changes_are_rejected_alone(self) -> None:
        good = {"id": "CHG1", "service": "web", "kind": "release", "implementedAt": TIMES[0]}
        changes = self.write("changes", ndjson(good, b"torn", {**good, "id": "CHG2"}))
        result = self.replay(ndjson(alert()), "--changes", changes)
        self.assertEqual(result.code, 0)
        self.assertRegex(result.err, rf"(?m)^{changes}:2: ")
        self.assertEqual(result.last_line, "1 alerts, 0 rejected")
        self.assertEqual(self.replay(ndjson(alert()), "--changes", changes, "--strict").code, 1)

    def test_the_shipped_pack_serves_any_estate(self) -> None:
        alerts = self.write("alerts", ndjson(alert(), alert("other", labels={"severity": "info"})))
        result = run("replay", "--alerts", alerts)
        self.assertEqual(result.code, 0)
        self.assertEqual([d["services"] for d in result.documents], [["web"]])
        self.assertIn("1 alert is in no incident", result.err)


class Rules(Case):
    def test_a_glob_that_matches_nothing(self) -> None:
        alerts = self.write("alerts", ndjson(alert()))
        result = run("replay", "--alerts", alerts, "--rules", self.folder / "none-*.yaml")
        self.assertEqual((result.code, result.out), (78, ""))
        self.assertIn("none-*.yaml", result.err)

    def test_bad_rules_are_located(self) -> None:
        rules = self.write("bad.yaml", "correlate:\n  - name: x\n    by: topology\n    timespn: 3m\n")
        out = self.folder / "out"
        result = run("replay", "--alerts", self.write("alerts", b""), "--rules", rules, "--incidents", out)
        self.assertEqual((result.code, result.out), (78, ""))
        self.assertIn(f"{rules}:4:5: ", result.err)
        self.assertIn("timespan", result.err)
        self.assertFalse(out.exists(), "nothing is written before the rules are good")

    def test_globs_and_several_files(self) -> None:
        (self.folder / "rules").mkdir()
        self.write("rules/1.yaml", "correlate:\n  - name: one\n    matchers: ['service=\"a\"']\n    by: {labels: [service]}\n")
        self.write("rules/2.yaml", "correlate:\n  - name: two\n    by: {labels: [service]}\n")
        alerts = self.write("alerts", ndjson(alert("a"), alert("b")))
        quoted = run("replay", "--alerts", alerts, "--rules", self.folder / "rules" / "*.yaml")
        listed = run("replay", "--alerts", alerts, "--rules", *sorted((self.folder / "rules").iterdir()))
        self.assertEqual([d["rule"] for d in quoted.documents], ["one", "two"])
        self.assertEqual(quoted.out, listed.out)


class Determinism(Case):
    def test_runs_are_equal_byte_for_byte(self) -> None:
        estate = ROOT / "examples" / "estate"
        arguments = ["--rules", estate / "rules" / "*.yaml", "--catalogue", estate / "catalogue.yaml"]

        def once(source: str | pathlib.Path, stdin: bytes | None = None) -> tuple[str, bytes, bytes, str]:
            members, records = self.folder / "members", self.folder / "records"
            result = run("replay", "--alerts", source, *arguments, "--memberships", members, "--records", records,
                         stdin=stdin)
            self.assertEqual(result.code, 0)
            return result.out, members.read_bytes(), records.read_bytes(), result.err

        alerts = estate / "alerts.ndjson"
        first = once(alerts)
        self.assertTrue(first[0] and first[1] and first[2])
        self.assertEqual(first, once(alerts))
        self.assertEqual(first, once("-", alerts.read_bytes()))
        array = self.write("array.json", b"[" + b",".join(alerts.read_bytes().splitlines()) + b"]")
        self.assertEqual(first, once(array))
