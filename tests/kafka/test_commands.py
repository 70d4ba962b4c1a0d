"""What people ask, over HTTP, of whichever shard."""
from binary import alert
from kafka_case import KafkaCase


class Commands(KafkaCase):
    shards = 2

    def test_they_are_answered_once_they_are_done(self) -> None:
        daemon = self.start()
        self.send(alert("web"), partition=0)
        self.send(alert("db"), partition=1)
        incidents = {d["services"][0]: d["id"] for d in self.opened(2).values()}
        self.assertEqual(incidents, {"web": "INC-0-1", "db": "INC-1-1"})
        answer = daemon.command(command="acknowledge", incident="INC-1-1", actor="ann", key="k1")
        self.assertEqual(answer.status, 200, answer.body)
        document = self.wait_for(1, "incidents", lambda d: d["change"] == "acknowledged")[0]
        self.assertEqual((document["id"], document["state"]), ("INC-1-1", "acknowledged"))
        self.assertEqual(daemon.ask("GET", "/api/v1/incidents/INC-1-1").body["state"], "acknowledged")
        audit = self.wait_for(1, "audit", lambda d: d.get("actor") == "ann")[0]
        self.assertRegex(audit["id"], r"^CMD-1-\d+$")
        # The same key once more changes nothing.
        self.assertEqual(daemon.command(command="acknowledge", incident="INC-1-1", actor="ann", key="k1").status, 200)
        self.flush(1)
        self.wait_for(1, "incidents", lambda d: d["change"] == "acknowledged")

    def test_what_can_not_be_done_is_refused(self) -> None:
        daemon = self.start()
        self.send(alert("web"))
        self.opened(1)
        self.assertEqual(daemon.command(command="acknowledge", incident="INC-0-999").status, 409)
        self.assertEqual(daemon.command(command="acknowledge", incident="INC-7-1").status, 409)
        self.assertEqual(daemon.command(command="acknowlege", incident="INC-0-1").status, 400)
        self.assertEqual(daemon.ask("POST", "/api/v2/alerts", [alert("web")]).status, 404)

    def test_a_silence_holds_in_every_shard(self) -> None:
        daemon = self.start()
        self.wait_until_owned(daemon)
        answer = daemon.command(command="silence", matchers=['service=~"quiet.*"'], duration="2h")
        self.assertEqual(answer.status, 200, answer.body)
        for shard in range(self.shards):
            self.send(alert(f"quiet-{shard}"), alert(f"loud-{shard}"), partition=shard)
        self.assertEqual(set(self.opened(2)), {"loud-0", "loud-1"})
        self.assertNotEqual(self.documents("silences"), [])


class Reload(KafkaCase):
    shards = 2

    def test_rules_change_in_every_shard(self) -> None:
        daemon = self.start()
        self.send(alert("web"), partition=1)
        self.opened(1)
        self.rules.write_text("correlate:\n  - name: by-instance\n    by: {labels: [instance]}\n")
        self.assertEqual(daemon.ask("POST", "/-/reload").status, 200)
        for shard in range(self.shards):
            self.send(alert("db", labels={"instance": f"i{shard}"}), partition=shard)
        rules = [d["rule"] for d in self.wait_for(3, "incidents", lambda d: d["change"] == "opened")]
        self.assertEqual(sorted(rules), ["by-instance", "by-instance", "by-service"])

    def test_bad_rules_are_refused(self) -> None:
        daemon = self.start()
        self.rules.write_text("correlate:\n  - name: x\n    by: {lables: [instance]}\n")
        answer = daemon.ask("POST", "/-/reload")
        self.assertNotEqual(answer.status, 200)
        self.assertIn("labels", str(answer.body))
        self.send(alert("web"))
        self.assertEqual(self.opened(1)["web"]["rule"], "by-service")

    def test_what_takes_a_start_is_said(self) -> None:
        daemon = self.start()
        self.configure(kafka={"group": "another"}, properties={"client.rack": "r1"})
        answer = daemon.ask("POST", "/-/reload")
        self.assertEqual(answer.status, 200, answer.body)
        for block in ("log", "kafka"):
            self.assertIn(f'\\"{block}\\" differs', str(answer.body).replace('"', '\\"'))

    def test_rules_that_changed_on_the_disk_wait_for_a_reload(self) -> None:
        """Whichever instance starts: they need not all have the same files yet."""
        daemon = self.start()
        self.send(alert("web"))
        self.opened(1)
        self.assertEqual(daemon.stop(), 0)
        self.rules.write_text("correlate:\n  - name: by-instance\n    by: {labels: [instance]}\n")
        daemon = self.start()
        self.send(alert("db", labels={"instance": "i1"}))
        self.assertEqual(self.opened(2)["db"]["rule"], "by-service")
        self.assertEqual(daemon.ask("POST", "/-/reload").status, 200)
        self.send(alert("app", labels={"instance": "i2"}))
        self.assertEqual(self.opened(3)["app"]["rule"], "by-instance")
