"""The settings of a log in Kafka, where no broker is needed: faults, and that no secret is shown."""
import json
import os
import pathlib
import subprocess
import unittest

import binary
from binary import ROOT, Case, Result, environment


def setUpModule() -> None:
    # librdkafka's threads are C11's, which GCC's ThreadSanitizer does not know: whatever makes a client dies there.
    if b"__tsan_init" in pathlib.Path(binary.PATH).read_bytes():
        raise unittest.SkipTest("ThreadSanitizer can't run librdkafka")


SECRET = "hunter2-and-more"
CONFIGURATION = """version: 1
log: {kafka: {instance: triaged-0, directory: state}}
http: {listen: '127.0.0.1:0'}
kafka:
  properties:
    bootstrap.servers: 127.0.0.1:1
sources:
  - {name: alerts, kafka: {topics: [alerts]}}
"""


class KafkaSettings(Case):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.folder / "triaged.yaml"

    def configure(self, properties: str = "", **blocks: str) -> None:
        text = CONFIGURATION.replace("127.0.0.1:1\n", "127.0.0.1:1\n" + properties)
        self.file.write_text(text + "".join(f"{key}: {value}\n" for key, value in blocks.items()))

    def ask(self, *arguments: str | pathlib.Path, **variables: str) -> Result:
        done = subprocess.run([binary.PATH, *map(str, arguments)], capture_output=True, timeout=60, check=False,
                              env=environment(**variables))
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.assertNotIn(SECRET, result.out + result.err)
        return result

    def expect_fault(self, place: str, words: str, **variables: str) -> None:
        """What `run` refuses, `check` and `doctor` find, in the same words and at the same place."""
        for arguments in (["check", self.file], ["run", "--config", self.file]):
            result = self.ask(*arguments, **variables)
            self.assertEqual(result.code, 78, result.err)
            self.assertRegex(result.err, rf"(?m)^{self.file}:{place}: error: .*{words}")
        result = self.ask("check", "-o", "json", self.file, **variables)
        self.assertRegex(json.loads(result.out)["diagnostics"][-1]["message"], words)
        result = self.ask("doctor", "--config", self.file, **variables)
        self.assertEqual(result.code, 78, result.out)
        self.assertRegex(result.out, rf"{self.file}:{place}: .*{words}")

    def test_good(self) -> None:
        secret = self.write("secret", SECRET + "\n")
        os.chmod(secret, 0o600)
        self.configure("    security.protocol: SASL_PLAINTEXT\n    sasl.mechanism: PLAIN\n    sasl.username: triaged\n"
                       "    sasl.password_file: secret\n")
        self.assertEqual(self.ask("check", self.file), (0, f"{self.file}: configuration, 1 source\n", ""))

    def test_a_secret_from_the_environment(self) -> None:
        self.configure("    sasl.password: '${env:KAFKA_PASSWORD}'\n")
        self.assertEqual(self.ask("check", self.file, KAFKA_PASSWORD=SECRET).err, "")
        self.expect_fault("7:21", "the environment variable KAFKA_PASSWORD is not defined")

    def test_names_and_values_are_checked(self) -> None:
        self.configure("    bootstrap.server: x\n")
        self.expect_fault("7:5", 'did you mean "bootstrap.servers"')
        self.configure("    group.id: x\n")
        self.expect_fault("7:5", "see log.kafka.group")
        self.configure(f"    socket.timeout.ms: {SECRET[:3]}\n")
        self.expect_fault("7:24", '"socket.timeout.ms" can\'t have this value')
        self.configure("    security.protocol: SSL\n    ssl.ca.location: gone.pem\n")
        self.expect_fault("6:5", "ssl.ca.location")
        self.configure("    acks: 1\n    bootstrap.server: x\n    linger.ms: soon\n")
        self.assertEqual(self.ask("check", self.file).err.count(" error: "), 3)

    def test_a_secret_twice(self) -> None:
        os.chmod(self.write("secret", SECRET), 0o600)
        self.configure("    sasl.password_file: secret\n    sasl.password: '${env:KAFKA_PASSWORD}'\n")
        self.expect_fault("8:5", '"sasl.password" stands here already', KAFKA_PASSWORD=SECRET)

    def test_a_secret_in_clear_is_warned_of_and_never_shown(self) -> None:
        for properties, code in ((f"    sasl.password: {SECRET}\n", 0),
                                 (f"    ssl.key.password: '{SECRET}'\n    typo: 1\n", 78),
                                 (f"    ssl.key.password: '{SECRET}\n", 78),
                                 (f"    ssl.key.password: \"{SECRET}\\q\"\n", 78),
                                 (f"    ssl.key.password: [{SECRET}]\n", 78),
                                 (f"    ssl.key.password: *{SECRET}\n", 78),
                                 (f"    ssl.key.password: &a {SECRET}\n", 78),
                                 (f"    ssl.key.password: !{SECRET} b\n", 78),
                                 (f"    ssl.key.password: {SECRET}: b\n", 78),
                                 (f"    ssl.key.password: {SECRET}\n    ssl.key.password: {SECRET}\n", 78),
                                 (f"    sasl.password: '{SECRET}$' \n    sasl.password_file: 'gone'\n", 78)):
            self.configure(properties)
            for arguments in (["check", self.file], ["check", "-o", "json", self.file], ["doctor", "--config", self.file]):
                result = self.ask(*arguments)
                if arguments[0] == "check":
                    self.assertEqual(result.code, code, properties + result.err)
        self.configure(f"    sasl.password: {SECRET}\n")
        self.assertRegex(self.ask("check", self.file).err, r"7:20: warning: .*sasl\.password_file")

    def test_a_configuration_without_its_brokers_still_says_where_the_daemon_is(self) -> None:
        self.configure("    sasl.password: '${env:NOT_SET}'\n")
        (self.folder / "state").mkdir()
        (self.folder / "state" / "listen").write_text("127.0.0.1:1\n")
        self.assertIn("127.0.0.1:1", self.ask("status", "--config", self.file).err)

    def test_the_documented_configuration_is_good(self) -> None:
        blocks = (ROOT / "docs" / "CONFIGURATION.md").read_text().split("```yaml\n")[1:]
        text = next(block for block in blocks if "kafka:" in block).split("```")[0]
        file = self.write("documented.yaml", text)
        os.chmod(self.write("kafka.password", SECRET), 0o600)
        self.assertEqual(self.ask("check", file, HOSTNAME="triaged-0").err, "")
