"""Brokers that ask who is there. No secret is ever told."""
import os
import pathlib
import tempfile
from typing import Any

import confluent_kafka

import binary
import cluster
from binary import alert
from guards import Guards
from kafka_broker import Broker
from kafka_case import KafkaCase

# Before 2.6.1 librdkafka can't do SCRAM with brokers from 4.0 on: https://github.com/confluentinc/librdkafka/pull/4895
SCRAM_IN_FULL = confluent_kafka.libversion()[1] >= 0x020601FF
OLDER_KAFKA = "3.9.1"


class GuardedCase(KafkaCase):
    def properties(self, listener: str, user: str = cluster.TRUSTED, mechanism: str = "PLAIN") -> dict[str, Any]:
        guards = cluster.GUARDS
        found: dict[str, Any] = {"bootstrap.servers": cluster.BROKER.guarded_address(listener)}
        if listener in ("SASL", "BOTH"):
            found |= {"security.protocol": "SASL_PLAINTEXT" if listener == "SASL" else "SASL_SSL",
                      "sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": "${env:PASSWORD}"}
        else:
            found |= {"security.protocol": "SSL", "ssl.certificate.location": str(guards.client),
                      "ssl.key.location": str(guards.client.with_suffix(".key"))}
        if listener in ("TLS", "BOTH"):
            found["ssl.ca.location"] = str(guards.authority)
        return found

    def check_it_works(self, properties: dict[str, Any], *secrets: str, **environment: str) -> None:
        daemon = self.start(properties={**properties, "debug": "security,broker,conf"}, environment=environment, logging={"level": "debug"})
        self.send(alert("web"))
        self.opened(1)
        told = self.log() + str(daemon.ask("GET", "/api/v1/status").body) + daemon.ask("GET", "/metrics").body
        doctor = binary.run("doctor", "-o", "json", "--config", self.folder / "triaged-0" / "triaged.yaml")
        for secret in secrets:
            self.assertNotIn(secret, told + doctor.out + doctor.err)
        self.assertEqual(daemon.stop(), 0)


class Guarded(GuardedCase):
    def test_plain(self) -> None:
        password = cluster.USERS[cluster.TRUSTED]
        self.check_it_works(self.properties("SASL"), password, PASSWORD=password)

    def test_plain_by_tls_with_a_file(self) -> None:
        password = cluster.USERS[cluster.TRUSTED]
        properties = self.properties("BOTH")
        del properties["sasl.password"]
        secret = self.write("password", password + "\n")
        os.chmod(secret, 0o600)
        self.check_it_works({**properties, "sasl.password_file": str(secret)}, password)

    def test_a_certificate(self) -> None:
        self.check_it_works(self.properties("TLS"))

    def test_an_authority_that_nobody_trusts(self) -> None:
        guards = cluster.GUARDS
        other = guards.make_authority("stranger")
        result = self.refused(properties={**self.properties("TLS"), "ssl.ca.location": str(other)})
        self.assertEqual(result.code, 78, result.err)
        self.assertIn("certificate", result.err)

    def test_a_password_that_is_wrong(self) -> None:
        properties = {**self.properties("SASL"), "sasl.password": "hunter2-is-wrong"}
        result = self.refused(properties=properties)
        self.assertEqual(result.code, 78, result.err)
        self.assertIn("uthentication", result.err)
        self.assertNotIn("hunter2", result.err + result.out)

    def test_someone_who_may_do_nothing(self) -> None:
        secret = self.write("password", cluster.USERS["eve"])
        os.chmod(secret, 0o600)
        properties = {**self.properties("SASL", user="eve"), "sasl.password_file": str(secret)}
        del properties["sasl.password"]
        result = self.refused(properties=properties)
        self.assertEqual(result.code, 78, result.err)
        self.assertIn("uthoriz", result.err)
        self.assertNotIn(cluster.USERS["eve"], result.err + result.out)


class Scram(GuardedCase):
    """With a broker that this librdkafka can do SCRAM with."""

    @classmethod
    def setUpClass(cls) -> None:
        if SCRAM_IN_FULL:
            return
        folder = tempfile.TemporaryDirectory(prefix="triaged-kafka-")
        cls.addClassCleanup(folder.cleanup)
        older = Broker(pathlib.Path(folder.name), guards=cluster.GUARDS, version=OLDER_KAFKA)
        cls.addClassCleanup(cls.put_back, older, cluster.BROKER)
        older.start()
        cluster.BROKER = older

    @staticmethod
    def put_back(used: Broker, before: Broker) -> None:
        used.kill()
        cluster.BROKER = before

    def test_scram(self) -> None:
        password = cluster.USERS[cluster.TRUSTED]
        self.check_it_works(self.properties("SASL", mechanism="SCRAM-SHA-256"), password, PASSWORD=password)

    def test_scram_by_tls(self) -> None:
        password = cluster.USERS[cluster.TRUSTED]
        self.check_it_works(self.properties("BOTH", mechanism="SCRAM-SHA-512"), password, PASSWORD=password)
