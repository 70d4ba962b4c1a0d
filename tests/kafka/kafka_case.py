"""A daemon whose log is in Kafka, with topics of its own."""
import datetime
import json
import pathlib
import time
from typing import Any

import binary
import cluster
from cluster import Record
from running import Daemon

TOPICS = ("incidents", "alerts", "audit", "silences", "rejected")
INTERNAL = ("control", "cuts", "snapshots")


def now() -> int:
    """Milliseconds, as Kafka's timestamps are."""
    return time.time_ns() // 1_000_000


def rfc3339(milliseconds: int) -> str:
    """As documents have it."""
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class KafkaCase(binary.Case):
    shards = 1

    def setUp(self) -> None:
        super().setUp()
        name = cluster.fresh_name()
        self.group = self.source = name
        self.prefix = name + "."
        cluster.make_topic(self.source, self.shards)
        self.producer = cluster.Producer()

    # ---- daemons

    def configure(self, instance: str = "triaged-0", kafka: dict[str, Any] | None = None,
                  properties: dict[str, Any] | None = None, **blocks: Any) -> pathlib.Path:
        """Writes the configuration of an instance, in a folder of its own."""
        log = {"group": self.group, "instance": instance, "topic_prefix": self.prefix, "session_timeout": "6s",
               "directory": "state", **(kafka or {})}
        text = {"version": 1, "log": {"kafka": log}, "http": {"listen": "127.0.0.1:0"},
                "kafka": {"properties": {"bootstrap.servers": cluster.BROKER.address, **(properties or {})}},
                "sources": [{"name": "alerts", "kafka": {"topics": [self.source]}}],
                "rules": [str(self.rules)], **blocks}
        (self.folder / instance).mkdir(exist_ok=True)
        return self.write(f"{instance}/triaged.yaml", json.dumps(text, indent=1))

    def start(self, instance: str = "triaged-0", *arguments: str, environment: dict[str, str] | None = None,
              **changes: Any) -> Daemon:
        daemon = Daemon(self.configure(instance, **changes), *arguments, **(environment or {}))
        self.addCleanup(daemon.kill)
        return daemon

    @staticmethod
    def owned(daemon: Daemon) -> set[int]:
        return {shard["shard"] for shard in daemon.ask("GET", "/api/v1/status").body["shards"] if shard["owned"]}

    def wait_until_owned(self, daemon: Daemon) -> None:
        """All shards by this one, and each has begun."""
        Daemon.until(lambda: self.owned(daemon) == set(range(self.shards)), "all shards are owned")
        Daemon.until(lambda: {cut.partition for cut in self.outputs("cuts")} == set(range(self.shards)), "first cuts")

    def log(self, instance: str = "triaged-0") -> str:
        return (self.folder / instance / "daemon.log").read_text()

    def last_words(self) -> str:
        """Of every instance."""
        return "\n".join(f"{log}: {log.read_text()[-2000:]}" for log in sorted(self.folder.glob("*/daemon.log")))

    def refused(self, *arguments: str, **changes: Any) -> binary.Result:
        """What `run` says where it does not start."""
        return binary.run("run", "--config", self.configure(**changes), *arguments)

    # ---- records

    def send(self, *alerts: dict[str, Any] | bytes | None, **how: Any) -> None:
        """Each as a record of its own."""
        values = [json.dumps(alert).encode() if isinstance(alert, dict) else alert for alert in alerts]
        self.producer.send(self.source, *values, **how)

    def outputs(self, topic: str) -> list[Record]:
        return cluster.read_all(self.prefix + topic)

    def documents(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(record.value) for record in self.outputs(topic) if record.value is not None]

    def wait_for(self, count: int, topic: str, found: Any = None) -> list[dict[str, Any]]:
        """Until so many documents are there, or so many that are `found`: all that are."""
        kept: list[dict[str, Any]] = []

        def enough() -> bool:
            kept[:] = [document for document in self.documents(topic) if found is None or found(document)]
            return len(kept) >= count
        try:
            Daemon.until(enough, f"{count} documents in {self.prefix}{topic}")
        except AssertionError as late:
            raise AssertionError(f"{late}; there are {len(kept)}; {self.last_words()}") from None
        self.assertEqual(len(kept), count, kept)
        return kept

    def opened(self, count: int) -> dict[str, dict[str, Any]]:
        """Until so many incidents were opened: by their service."""
        found = self.wait_for(count, "incidents", lambda document: document["change"] == "opened")
        return {document["services"][0]: document for document in found}

    def flush(self, partition: int = 0) -> None:
        """All that was sent before is taken: an alert of a service of its own is."""
        service = cluster.fresh_name()
        self.send(binary.alert(service), partition=partition)
        self.wait_for(1, "alerts", lambda record: record["labels"]["service"] == service)
