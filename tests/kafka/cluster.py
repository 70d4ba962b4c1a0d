"""The broker under all of these tests, and how they put records into it and take them out."""
import functools
import itertools
import json
import os
import subprocess
import tempfile
from typing import Any, Iterable, NamedTuple

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

from guards import Guards
from kafka_broker import Broker, jars

BROKER: Broker  # set by run.py
GUARDS: Guards  # likewise
TRUSTED = "anna"
USERS = {TRUSTED: "anna-s3cret", "eve": "eve-s3cret"}
PATIENCE = 30.0  # seconds

Headers = dict[str, str]


class Record(NamedTuple):
    partition: int
    offset: int
    timestamp: int  # milliseconds
    key: str | None
    value: bytes | None
    headers: Headers


def properties(**more: Any) -> dict[str, Any]:
    # Level 0 is silence: a broker that is killed under a client is what some tests are about.
    return {"bootstrap.servers": BROKER.address, "log_level": 0, **{k.replace("_", "."): v for k, v in more.items()}}


_NUMBERS = itertools.count(1)


def fresh_name() -> str:
    """For topics and groups: no test sees those of another."""
    return f"t{os.getpid()}-{next(_NUMBERS)}"


@functools.cache
def _admin(address: str) -> AdminClient:
    """Kept: what it was asked for dies with it."""
    return AdminClient({**properties(), "bootstrap.servers": address})


def admin() -> AdminClient:
    return _admin(BROKER.address)


def _wait(futures: dict[str, Any]) -> None:
    for future in futures.values():
        future.result(PATIENCE)


def make_topic(name: str, partitions: int = 1, **configuration: str) -> None:
    """Without an end of what it keeps: tests have alerts of long ago."""
    of_topic = {"retention.ms": "-1", **{k.replace("_", "."): v for k, v in configuration.items()}}
    _wait(admin().create_topics([NewTopic(name, partitions, 1, config=of_topic)]))


def add_partitions(name: str, total: int) -> None:
    _wait(admin().create_partitions([confluent_kafka.admin.NewPartitions(name, total)]))


def partitions_of(topic: str) -> int:
    """0: there is no such topic."""
    found = admin().list_topics(topic, timeout=PATIENCE).topics[topic]
    return 0 if found.error else len(found.partitions)


def configuration_of(topic: str) -> dict[str, str]:
    resource = confluent_kafka.admin.ConfigResource(confluent_kafka.admin.RESOURCE_TOPIC, topic)
    found = admin().describe_configs([resource])[resource].result(PATIENCE)
    return {name: entry.value for name, entry in found.items()}


def delete_before(topic: str, partition: int, offset: int) -> None:
    """As retention would."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"version": 1, "partitions": [{"topic": topic, "partition": partition, "offset": offset}]}, file)
        file.flush()
        subprocess.run(["java", "-cp", f"{jars()}/*", "org.apache.kafka.tools.DeleteRecordsCommand",
                        "--bootstrap-server", BROKER.address, "--offset-json-file", file.name],
                       check=True, capture_output=True)


def move_group(group: str, topic: str, partition: int, offset: int) -> bool:
    """As kafka-consumer-groups.sh --reset-offsets would. False: it still has a member."""
    consumer = confluent_kafka.Consumer(properties(group_id=group))
    try:
        consumer.commit(offsets=[confluent_kafka.TopicPartition(topic, partition, offset)], asynchronous=False)
        return True
    except confluent_kafka.KafkaException as error:
        if error.args[0].code() != confluent_kafka.KafkaError.UNKNOWN_MEMBER_ID:
            raise
        return False
    finally:
        consumer.close()


class Producer:
    """Sends records, and says that they are there."""

    def __init__(self, **more: Any) -> None:
        self.client = confluent_kafka.Producer(properties(**more))
        if "transactional_id" in more:
            self.client.init_transactions(PATIENCE)

    def send(self, topic: str, *values: bytes | None, partition: int = 0, timestamp: int = 0,
             headers: Iterable[tuple[str, str]] = (), key: str | None = None) -> None:
        for value in values:
            self.client.produce(topic, value, key, partition, timestamp=timestamp, headers=list(headers))
        self.flush()

    def flush(self, patience: float = PATIENCE) -> None:
        left = self.client.flush(patience)
        if left:
            raise AssertionError(f"{left} records did not reach the broker")


def ends(topic: str, partitions: int) -> list[int]:
    """Offsets behind the newest record, uncommitted ones and markers included."""
    consumer = confluent_kafka.Consumer(properties(group_id="none"))
    try:
        return [consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, p), timeout=PATIENCE)[1]
                for p in range(partitions)]
    finally:
        consumer.close()


def read_all(topic: str) -> list[Record]:
    """All that is committed, partition by partition. A topic that is not there has nothing."""
    count = partitions_of(topic)
    if count == 0:
        return []
    consumer = confluent_kafka.Consumer(properties(group_id="none", isolation_level="read_committed",
                                                   enable_partition_eof=True, enable_auto_commit=False))
    try:
        consumer.assign([confluent_kafka.TopicPartition(topic, p, confluent_kafka.OFFSET_BEGINNING)
                         for p in range(count)])
        found: list[list[Record]] = [[] for _ in range(count)]
        open_ones = set(range(count))
        while open_ones:
            message = consumer.poll(PATIENCE)
            if message is None:
                raise AssertionError(f"nothing comes from {topic}")
            error = message.error()
            if error is None:
                found[message.partition()].append(record_of(message))
            elif error.code() == confluent_kafka.KafkaError._PARTITION_EOF:  # pylint: disable=protected-access
                open_ones.discard(message.partition())
            else:
                raise AssertionError(f"{topic}: {error}")
        return [record for partition in found for record in partition]
    finally:
        consumer.close()


def record_of(message: confluent_kafka.Message) -> Record:
    key = message.key()
    return Record(message.partition(), message.offset(), message.timestamp()[1], None if key is None else key.decode(),
                  message.value(), {name: value.decode() for name, value in message.headers() or []})
