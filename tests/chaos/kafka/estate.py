"""A broker, instances that share its shards, and who sends while both are hurt."""
import json
import pathlib
import random
import signal
import time
from typing import Any

import cluster
from daemon import Daemon, Fault, Worker, pause, until
from kafka_broker import Broker
from load import Operator, Sender

SHARDS = 6
INSTANCES = 3
SESSION_TIMEOUT = 6  # seconds; the least that brokers allow by default
RULES = "correlate:\n  - name: by-service\n    by: {labels: [service]}\n"
LEFT = 70            # what an instance that can't go on ends with: crash-only


class Instance(Daemon):
    """One of those that share the shards."""

    def __init__(self, number: int, source: str) -> None:
        self.name = f"triaged-{number}"
        self.source = source
        super().__init__()

    def configure(self, **changes: Any) -> None:
        log = {"group": self.source, "instance": self.name, "topic_prefix": self.source + ".",
               "session_timeout": f"{SESSION_TIMEOUT}s", "directory": str(self.state)}
        self.write("triaged.yaml", json.dumps({
            "version": 1, "log": {"kafka": log}, "http": {"listen": "127.0.0.1:0"},
            "kafka": {"properties": {"bootstrap.servers": cluster.BROKER.address}},
            "sources": [{"name": "alerts", "kafka": {"topics": [self.source]}}],
            "rules": ["rules.yaml"], "snapshot": {"interval": "500ms"}}, indent=1))

    def ended_badly(self) -> bool:
        """By itself, and not because it could not go on."""
        return not self.alive() and self.process is not None and \
            self.process.returncode not in (0, LEFT, -signal.SIGKILL)


class TopicSender(Sender):
    """Sends to one shard's partition. What is in the topic then is what counts, twice where a broker died before it could
    say that it has it. So many records are those of before once more, as sources that repeat themselves send them."""

    def __init__(self, instance: Daemon, shard: int, seed: int, topic: str, pace: float, repeats: float) -> None:
        super().__init__(instance, f"sender-{shard}", seed, pace)
        self.shard = shard
        self.topic = topic
        self.repeats = repeats
        self.producer = cluster.Producer(acks="all", message_timeout_ms=300_000)

    def work(self) -> None:
        while not self.ending.is_set():
            again = self.accepted and self.random.random() < self.repeats
            payload = self.random.choice(self.accepted[-100:]) if again else self.batch()
            self.producer.client.produce(self.topic, payload, None, self.shard,
                                         on_delivery=lambda error, _, sent=payload: self.delivered(error, sent))
            self.producer.client.poll(0)
            pause(self.random.random() * 2 * self.pace)
        self.producer.flush(120)

    def delivered(self, error: Any, payload: bytes) -> None:
        if error is not None:
            raise Fault(f"the broker did not take a record: {error}")
        self.accepted.append(payload)


class AnyOperator(Operator):
    """Asks whichever instance answers, about incidents: each command is one shard's."""

    def __init__(self, instances: list[Instance], seed: int) -> None:
        super().__init__(instances[0], "operator", seed)
        self.instances = instances

    def attempt(self, method: str, path: str, content: bytes | None = None) -> Any:
        if self.connection is None:
            self.daemon_under_test = self.random.choice(self.instances)
        return super().attempt(method, path, content)

    def draw(self, number: int) -> dict[str, Any] | None:
        # A silence is every shard's: it has a record in the audit of each.
        return super().draw(number + (number % 5 == 0))


class Estate:
    """Use as a context."""

    def __init__(self, broker: Broker, seed: int, pace: float = 0.03, repeats: float = 0.0) -> None:
        cluster.BROKER = broker
        self.broker = broker
        self.draw = random.Random(seed)
        self.source = cluster.fresh_name()
        cluster.make_topic(self.source, SHARDS)
        self.instances = [Instance(number, self.source) for number in range(INSTANCES)]
        self.senders = [TopicSender(self.instances[0], shard, seed, self.source, pace, repeats)
                        for shard in range(SHARDS)]
        self.operator = AnyOperator(self.instances, seed)
        self.left = 0  # instances that could not go on
        self.began = time.monotonic()
        self.sent_for = 0.0  # seconds

    def __enter__(self) -> "Estate":
        for instance in self.instances:
            instance.write("rules.yaml", RULES)
            instance.start()
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        for instance in self.instances:
            instance.__exit__(kind, *rest)

    @property
    def workers(self) -> list[Worker]:
        return [*self.senders, self.operator]

    def look(self) -> None:
        """A fault of one ends it all; who left comes back."""
        for worker in self.workers:
            if worker.fault:
                raise Fault(worker.fault)
        for instance in self.instances:
            if instance.ended_badly():
                raise Fault(f"{instance.name} ended by itself, exit {instance.process.returncode}: "
                            f"{instance.last_words()}")
            if not instance.alive():
                self.left += instance.process.returncode == LEFT
                instance.spawn()

    def watch(self, seconds: float) -> None:
        """Lets them go on for a while."""
        for _ in range(max(1, int(seconds / 0.2))):
            pause(min(0.2, seconds))
            self.look()

    def end_load(self) -> None:
        for worker in self.workers:
            worker.ending.set()

        def ended() -> bool:
            self.look()
            return not any(worker.is_alive() for worker in self.workers)
        self.sent_for = time.monotonic() - self.began
        until(ended, "all that was sent is acknowledged", 180, pace=0.2)
        self.look()

    def end(self) -> None:
        """Until all of it was taken; then cleanly."""
        self.end_load()
        behind = cluster.ends(self.source, SHARDS)

        def taken() -> bool:
            self.look()
            return self.taken_to() == behind
        until(taken, "all records are in a cut", 120, pace=0.5)
        for instance in self.instances:
            until(instance.address, f"{instance.name} listens")
            instance.stop(60)

    def cuts(self) -> list[cluster.Record]:
        return cluster.read_all(self.source + ".cuts")

    def taken_to(self) -> list[int]:
        """Of each partition of the alerts: behind the last record that a cut has."""
        ends = [0] * SHARDS
        for cut in self.cuts():
            for run in alert_runs(cut):
                ends[cut.partition] = max(ends[cut.partition], run.last + 1)
        return ends

    def collected(self) -> dict[str, list[cluster.Record]]:
        return {topic: cluster.read_all(f"{self.source}.{topic}")
                for topic in ("incidents", "alerts", "audit", "silences", "rejected")}

    def configuration(self) -> pathlib.Path:
        return self.instances[0].folder / "triaged.yaml"


class Run:
    """Records of the alerts that a cut took in a row."""

    def __init__(self, text: str) -> None:
        parts = text.split(":")
        self.input, self.first, self.last, self.count = map(int, parts[:4])


def alert_runs(cut: cluster.Record) -> list[Run]:
    for field in cut.value.decode().split():
        name, _, value = field.partition("=")
        if name == "runs" and value:
            return [run for run in map(Run, value.split(",")) if run.input == 1]
    return []
