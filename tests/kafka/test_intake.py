"""What may stand in the topic of alerts."""
import base64
import json

import binary
import cluster
from binary import alert
from kafka_case import KafkaCase, now, rfc3339

EARLY = 1_772_445_600_000  # 2026-03-02T10:00:00Z


class Intake(KafkaCase):
    def test_whatever_it_is_compressed_with(self) -> None:
        self.start()
        codecs = ("none", "gzip", "snappy", "lz4", "zstd")
        for codec in codecs:
            cluster.Producer(compression_type=codec).send(
                self.source, *(json.dumps(alert(f"{codec}-{n}")).encode() for n in range(3)))
        self.assertEqual(set(self.opened(15)), {f"{codec}-{n}" for codec in codecs for n in range(3)})

    def test_one_alert_a_list_lines_and_what_alertmanager_sends(self) -> None:
        self.start()
        self.send(alert("one"))
        self.send(json.dumps([alert("list-1"), alert("list-2")]).encode())
        self.send(binary.ndjson(alert("line-1"), alert("line-2")))
        self.send(json.dumps({"version": "4", "status": "firing", "alerts": [alert("hook")]}).encode())
        self.assertEqual(set(self.opened(6)), {"one", "list-1", "list-2", "line-1", "line-2", "hook"})

    def test_nothing_of_a_transaction_that_was_aborted(self) -> None:
        self.start()
        producer = cluster.Producer(transactional_id=cluster.fresh_name())
        for commits in (False, True, False, True):
            producer.client.begin_transaction()
            producer.send(self.source, *(json.dumps(alert(f"{commits}-{n}")).encode() for n in range(2)))
            if commits:
                producer.client.commit_transaction(cluster.PATIENCE)
            else:
                producer.client.abort_transaction(cluster.PATIENCE)
        self.send(alert("after"))
        self.assertEqual(set(self.opened(3)), {"True-0", "True-1", "after"})

    def test_tombstones_are_passed_over(self) -> None:
        daemon = self.start()
        self.send(None, None, key="x")
        self.send(alert("after"))
        self.opened(1)
        self.assertEqual(self.outputs("rejected"), [])
        self.assertIsNone(daemon.metric("triaged_alerts_rejected_total", reason="json"))

    def test_what_can_not_be_read_is_put_aside_with_its_reason(self) -> None:
        self.start()
        good = alert("good")
        self.send(b"no json", alert("before"), b"", b"\xff\xfe", {"labels": 7}, good, b'{"labels": {"a": "b"}')
        self.send(binary.ndjson(alert("line-1"), b"torn", alert("line-3")))
        self.assertEqual(set(self.opened(4)), {"before", "good", "line-1", "line-3"})
        rejected = self.outputs("rejected")
        self.assertGreaterEqual(len(rejected), 5)
        by_offset = {}
        for record in rejected:
            document = json.loads(record.value)
            self.assertEqual(record.headers["source"], "alerts")
            self.assertEqual(record.headers["reason"], document["reason"])
            self.assertEqual(record.headers["delivery"], f"{self.source}/0/{document['offset']}")
            self.assertEqual(document["input"], 1)
            by_offset[document["offset"]] = document
        self.assertEqual(set(by_offset) - {2}, {0, 3, 4, 6, 7})
        self.assertEqual(by_offset[7]["line"], 2)

    def test_cloud_events(self) -> None:
        self.start()
        attributes = {"specversion": "1.0", "id": "1", "source": "/probe", "type": "alert"}
        binary_mode = [("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/probe"), ("ce_type", "alert"),
                       ("content-type", "application/json")]
        structured = [("content-type", "application/cloudevents+json; charset=UTF-8")]
        self.send(alert("binary"), headers=binary_mode)
        self.send({**attributes, "datacontenttype": "application/json", "data": alert("structured")}, headers=structured)
        self.send({**attributes, "data": [alert("list-1"), alert("list-2")]}, headers=structured)
        encoded = base64.b64encode(json.dumps(alert("encoded")).encode()).decode()
        self.send({**attributes, "data_base64": encoded}, headers=structured)
        self.send(b"no event", headers=structured)
        self.assertEqual(set(self.opened(5)), {"binary", "structured", "list-1", "list-2", "encoded"})
        self.assertEqual([json.loads(r.value)["offset"] for r in self.outputs("rejected")], [4])

    def test_log_time_is_the_records_timestamp(self) -> None:
        self.start()
        self.send(alert("web"), timestamp=EARLY + 1234)
        # It is published at the close of the 100 ms that it is in.
        self.assertEqual(self.opened(1)["web"]["openedAt"], "2026-03-02T10:00:01.300Z")

    def test_a_timestamp_from_the_future_does_not_move_the_clock_there(self) -> None:
        daemon = self.start(max_future="5s")
        began = now()
        self.send(alert("web"), timestamp=began + 1_800_000)
        opened = self.opened(1)["web"]["openedAt"]
        self.assertLess(opened, rfc3339(now() + 10_000))
        self.assertGreaterEqual(opened, rfc3339(began - 1_000))
        self.assertEqual(daemon.ask("GET", "/-/ready").status, 200)


class Start(KafkaCase):
    def send_before(self) -> None:
        for n, service in enumerate(("first", "second", "third")):
            self.send(alert(service), timestamp=EARLY + n * 60_000)

    def test_earliest(self) -> None:
        self.send_before()
        self.start(kafka={"start": "earliest"})
        self.assertEqual(set(self.opened(3)), {"first", "second", "third"})

    def test_latest(self) -> None:
        self.send_before()
        # Only what comes behind the first cut is there for sure.
        self.wait_until_owned(self.start(kafka={"start": "latest"}))
        self.send(alert("fourth"))
        self.assertEqual(set(self.opened(1)), {"fourth"})

    def test_a_time(self) -> None:
        self.send_before()
        self.start(kafka={"start": "2026-03-02T10:01:00Z"})
        self.assertEqual(set(self.opened(2)), {"second", "third"})

    def test_it_counts_once(self) -> None:
        self.send_before()
        daemon = self.start(kafka={"start": "2026-03-02T10:02:00Z"})
        self.opened(1)
        self.assertEqual(daemon.stop(), 0)
        self.start(kafka={"start": "earliest"})
        self.send(alert("fourth"))
        self.assertEqual(set(self.opened(2)), {"third", "fourth"})
