"""What a daemon says of itself after a start and after a reload."""
import json

from binary import alert, run
from running import Daemon, RunningCase


class Start(RunningCase):
    def test_a_start_took_its_configuration(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.metric("triaged_config_last_reload_successful"), 1)
        self.assertGreater(daemon.metric("triaged_config_last_reload_success_timestamp_seconds") or 0, 1.7e9)
        self.assertEqual(daemon.metric("triaged_snapshot_last_success_timestamp_seconds"), 0)

    def test_a_start_knows_its_snapshot(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.post(alert("web")).status, 200)
        daemon.wait_for_incidents(1)
        self.assertEqual(daemon.stop(), 0)
        written = max(path.stat().st_mtime for path in self.state.glob("snapshot-*"))
        daemon = self.start()
        at = daemon.metric("triaged_snapshot_last_success_timestamp_seconds")
        self.assertAlmostEqual(at or 0, written, delta=0.002)
        self.assertIn("snapshotAt", daemon.ask("GET", "/api/v1/status").body)
        self.assertNotIn("none yet", run("status", "--config", self.configuration).out)

    def test_a_start_knows_what_was_read(self) -> None:
        self.configuration.write_text(self.configuration.read_text().replace(
            "http: {}, format: alertmanager}", "http: {}, format: alertmanager}\n"
            "  - {name: export, file: {path: alerts.ndjson, follow: true}}"))
        self.write("alerts.ndjson", json.dumps(alert("web")) + "\n")
        daemon = self.start()
        daemon.wait_for_incidents(1)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.start()
        daemon.until(lambda: daemon.metric("triaged_source_lag_bytes", source="export") is not None, "it is known")
        self.assertEqual(daemon.metric("triaged_source_lag_bytes", source="export"), 0)

    def test_standard_input_has_no_lag(self) -> None:
        self.configuration.write_text(self.configuration.read_text().replace("http: {}", "stdin: {}"))
        alerts = self.write("alerts.ndjson", json.dumps(alert("web")) + "\n")
        with open(alerts, "rb") as stdin:
            daemon = Daemon(self.configuration, stdin=stdin)
        self.addCleanup(daemon.kill)
        daemon.wait_for_incidents(1)
        daemon.until(lambda: daemon.metric("triaged_journal_bytes") != 0, "it looked at itself")
        self.assertIsNone(daemon.metric("triaged_source_lag_bytes", source="prometheus"))
        self.assertNotIn("lagBytes", daemon.ask("GET", "/api/v1/status").body["sources"][0])


    def test_warns_of_a_configuration_without_sources(self) -> None:
        self.configuration.write_text("version: 1\nlog: {local: {directory: state}}\nhttp: {listen: '127.0.0.1:0'}\n")
        self.start()
        log = (self.folder / "daemon.log").read_text()
        self.assertRegex(log, r"level=warn .*event=configuration_warning .*place=\S*triaged.yaml:1:1 .*there is no source")


class Reload(RunningCase):
    def test_names_what_needs_a_restart(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.ask("POST", "/-/reload").body["diagnostics"], [])
        text = self.configuration.read_text()
        self.configuration.write_text(text.replace("127.0.0.1:0'", "127.0.0.1:1'").replace(
            "directory: state", "directory: elsewhere").replace("name: prometheus", "name: other").replace(
            "{file: audit.out, topics: [audit]}", "{file: audit.out, topics: [alerts]}")
            + "retention: {journal: 1d}\nsnapshot: {interval: 1s}\n")
        answer = daemon.ask("POST", "/-/reload")
        self.assertEqual(answer.status, 200)
        told = answer.body["diagnostics"]
        self.assertEqual([d["message"].split('"')[1] for d in told],
                         ["log", "http", "sources", "publish", "retention", "snapshot"])
        for diagnostic in told:
            self.assertEqual((diagnostic["file"], diagnostic["level"]), (str(self.configuration), "warning"))
            self.assertIn("at the next start", diagnostic["message"])
        log = (self.folder / "daemon.log").read_text()
        self.assertRegex(log, r'level=warn .*event=reload_incomplete .*blocks="log, http, sources, publish, retention, ')

    def test_a_reload_takes_the_time_until_a_source_is_stalled(self) -> None:
        daemon = self.start()
        self.configuration.write_text(self.configuration.read_text().replace(
            "http: {}, format: alertmanager}", "http: {}, format: alertmanager, stalled_after: 1h}"))
        self.assertEqual(daemon.ask("POST", "/-/reload").body["diagnostics"], [])
