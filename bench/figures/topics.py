"""A Kafka broker beside what is measured, its topics, and triaged with its log in it."""
import contextlib
import sys
import uuid

from confluent_kafka.admin import AdminClient, NewTopic

from figures.servers import Triaged
from figures.support import RELEASE, ROOT, results, run

sys.path.insert(0, str(ROOT / "tests" / "support" / "kafka"))

import kafka_broker  # noqa: E402

NoJava = kafka_broker.NoJava
fetch_jars = kafka_broker.fetch_jars


class Topics:
    """A broker's address, and topics of one partition in it."""

    def __init__(self, address):
        self.address = address
        # Silent: the broker is killed while this is still connected.
        self._admin = AdminClient({"bootstrap.servers": address, "log_level": 0})

    @staticmethod
    def name(what):
        """That nothing else has."""
        return f"{what}-{uuid.uuid4().hex[:8]}"

    def make(self, what, **properties):
        """The name of a topic of its own."""
        name = self.name(what)
        configuration = {key.replace("_", "."): value for key, value in properties.items()}
        made = self._admin.create_topics([NewTopic(name, 1, 1, config=configuration)])
        made[name].result()
        return name

    def load(self, topic, file, count=None):
        """Alerts that were loaded."""
        amount = [] if count is None else [str(count)]
        output, *_ = run(RELEASE / "bench/bench_produce", self.address, topic, file, *amount)
        return int(results(output)[0]["alerts"])


@contextlib.contextmanager
def broker():
    with kafka_broker.broker() as made:
        yield Topics(made.address)


class Instance(Triaged):
    """One process of a group whose log is in Kafka."""

    def __init__(self, folder, topics, topic, group, session="10s", more=""):
        log = (f"{{kafka: {{group: {group}, instance: {folder.name}, directory: state, topic_prefix: {group}., "
               f"start: earliest, session_timeout: {session}}}}}")
        super().__init__(folder, f"[{{name: alerts, kafka: {{topics: [{topic}]}}, format: alertmanager}}]", log=log,
                         more=f"kafka: {{properties: {{bootstrap.servers: '{topics.address}'}}}}\n{more}")

    def shard(self):
        """Of the status; empty before it is known."""
        return next(iter(self.status()["shards"]), {})

    def owns(self):
        return self.is_ready() and self.shard().get("owned", False)

    def is_quiet(self):
        """The read model has all that was taken."""
        status = self.status()
        return status["readModel"]["shards"][0]["lastCut"] == status["shards"][0]["lastCut"]

    def taken(self, alerts):
        """Seconds from the start of the process until so many are in cuts; the rules are the first record."""
        return self.wait_until(f"{alerts:,} alerts in cuts", lambda: self.shard().get("lastTaken", 0) > alerts, 0.05)
