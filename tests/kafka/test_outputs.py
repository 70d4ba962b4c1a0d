"""The topics that come out."""
import json
import re

import cluster
from binary import ROOT, alert
from check import check
from kafka_case import INTERNAL, TOPICS, KafkaCase

SCHEMAS = {"incidents": "incident", "alerts": "alert", "audit": "audit", "silences": "silence", "rejected": "rejected"}
POLICIES = {"incidents": "compact", "alerts": "compact", "silences": "compact"}


class Outputs(KafkaCase):
    shards = 3

    def test_a_day(self) -> None:
        daemon = self.start()
        for topic in (*TOPICS, *INTERNAL):
            self.assertEqual(cluster.partitions_of(self.prefix + topic), self.shards, topic)
            self.assertEqual(cluster.configuration_of(self.prefix + topic)["cleanup.policy"],
                             POLICIES.get(topic, "delete"), topic)
        for shard in range(self.shards):
            self.send(alert(f"s{shard}"), alert(f"s{shard}", labels={"instance": "b"}), b"no json",
                      alert(f"s{shard}", endsAt="2026-03-02T10:20:00Z"), partition=shard)
        self.opened(self.shards)
        daemon.until(lambda: daemon.command(command="acknowledge", incident="INC-1-1").status == 200, "acknowledged")
        self.assertEqual(daemon.command(command="silence", matchers=['service="s9"'], duration="2h").status, 200)
        for shard in range(self.shards):
            self.flush(shard)
        self.documents_fit()
        self.records_are_numbered()
        self.shards_use_their_own_partition()

    def documents_fit(self) -> None:
        for topic, kind in SCHEMAS.items():
            lines = [record.value + b"\n" for record in self.outputs(topic) if record.value is not None]
            self.assertGreater(len(lines), 0, topic)
            file = self.write(f"{topic}.ndjson", b"".join(lines))
            self.assertEqual(check(ROOT / "docs" / "schemas" / f"{kind}.json", [file]), len(lines))

    def records_are_numbered(self) -> None:
        """Each output of a shard has a number of its own, from 1; and its cut is one that was committed."""
        cuts = {(record.partition, int(re.search(rb"\bnumber=(\d+)", record.value)[1])) for record in self.outputs("cuts")}
        numbers: dict[int, list[int]] = {shard: [] for shard in range(self.shards)}
        for topic in TOPICS:
            last = {shard: (0, 0) for shard in range(self.shards)}
            for record in self.outputs(topic):
                place = (int(record.headers["cut"]), int(record.headers["n"]))
                self.assertIn((record.partition, place[0]), cuts)
                self.assertGreater(place[1], last[record.partition][1], record)
                self.assertGreaterEqual(place[0], last[record.partition][0], record)
                last[record.partition] = place
                numbers[record.partition].append(place[1])
        for shard, of_shard in numbers.items():
            self.assertEqual(sorted(of_shard), list(range(1, len(of_shard) + 1)), shard)

    def shards_use_their_own_partition(self) -> None:
        for record in self.outputs("incidents"):
            document = json.loads(record.value)
            self.assertEqual(record.key, document["id"])
            self.assertEqual(document["id"].split("-")[1], str(record.partition))
