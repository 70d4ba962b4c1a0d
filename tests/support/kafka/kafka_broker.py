#!/usr/bin/env python3
"""A real Apache Kafka broker (KRaft, one node) on loopback, from Maven's jars. Needs Java 17; Maven only once.

  kafka_broker.py run DIRECTORY [--port N]   until interrupted; says on standard output where it listens
  kafka_broker.py with COMMAND…              runs a command with the broker's address in TRIAGED_TEST_KAFKA

The jars go to ${XDG_CACHE_HOME:-~/.cache}/triaged, outside the tree. Exits with 77 where there is no Java: not tried,
which is not the same as passed.
"""
import argparse
import contextlib
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from typing import Iterator

from guards import LISTENERS, Guards

HERE = pathlib.Path(__file__).resolve().parent
NOT_TRIED = 77
CLUSTER = "4L6g3nShT-eMCtK--X86sw"
# A request of ApiVersions 0: its size, key 18, version 0, correlation 1, no client's name.
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
TRIES = 5
PATIENCE = 60.0     # seconds
LOOK_AGAIN = 0.05   # seconds


class NoJava(Exception):
    """Nothing that a broker could run on."""


class Broken(Exception):
    """The broker does not start."""


def fetch_jars(pom: pathlib.Path, name: str, *options: str) -> pathlib.Path:
    """The folder with what a pom.xml asks for, by this name; it is fetched where it is not there."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = cache / "triaged" / name
    if folder.is_dir():
        return folder
    if not shutil.which("mvn"):
        raise NoJava(f"the jars of {name} are not in the cache, and there is no Maven to fetch them")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fetched:
        fetch = subprocess.run(["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", *options,
                                f"-DoutputDirectory={fetched}"], check=False, stdout=sys.stderr)
        if fetch.returncode != 0:
            raise NoJava(f"Maven could not fetch the jars of {name}")
        os.chmod(fetched, 0o755)
        with contextlib.suppress(OSError):  # somebody else was faster
            os.rename(fetched, folder)
            os.mkdir(fetched)
    return folder


def jars(version: str = "") -> pathlib.Path:
    """The folder with the jars of a version, or of pom.xml's."""
    pom = HERE / "pom.xml"
    version = version or re.search(r"<kafka.version>([^<]+)<", pom.read_text())[1]
    return fetch_jars(pom, f"kafka-{version}", f"-Dkafka.version={version}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """One broker and its folder. It comes back on the ports that it had. With guards it has listeners that ask clients
    who they are, beside the plain one."""

    def __init__(self, folder: pathlib.Path, port: int | None = None, properties: dict[str, str] | None = None,
                 guards: Guards | None = None, version: str = "") -> None:
        java = shutil.which("java")
        if not java:
            raise NoJava("there is no java on the PATH")
        self._java = [java, "-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                      "-cp", f"{jars(version)}/*"]
        self._folder = folder
        self._chosen = port
        self._extra = properties or {}
        self._guards = guards
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._guarded_ports: dict[str, int] = {}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def guarded_address(self, listener: str) -> str:
        """One of guards.LISTENERS."""
        return f"127.0.0.1:{self._guarded_ports[listener]}"

    def start(self) -> None:
        """Returns when it answers."""
        again = self.port != 0
        for _ in range(1 if again or self._chosen else TRIES):
            if not again:
                self._format(self._chosen or free_port())
            if self._run():
                return
        raise Broken(f"the broker does not start; see {self._folder}/broker.log")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _format(self, port: int) -> None:
        self.port = port
        self._folder.mkdir(parents=True, exist_ok=True)
        controller = free_port()
        demands = LISTENERS if self._guards else {}
        self._guarded_ports = {name: free_port() for name in demands}
        public = [f"PLAINTEXT://127.0.0.1:{port}",
                  *(f"{name}://127.0.0.1:{number}" for name, number in self._guarded_ports.items())]
        protocols = {"CONTROLLER": "PLAINTEXT", "PLAINTEXT": "PLAINTEXT", **demands}
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": ",".join([*public, f"CONTROLLER://127.0.0.1:{controller}"]),
            "advertised.listeners": ",".join(public),
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": ",".join(f"{name}:{demand}" for name, demand in protocols.items()),
            "log.dirs": str(self._folder / "logs"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            "auto.create.topics.enable": "false",
            **(self._guards.properties() if self._guards else {}),
            **self._extra,
        }
        text = "".join(f"{key}={value}\n" for key, value in properties.items())
        (self._folder / "server.properties").write_text(text)
        with open(self._folder / "format.log", "w", encoding="utf-8") as log:
            subprocess.run([*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c",
                            str(self._folder / "server.properties"), "--ignore-formatted",
                            *(self._guards.formatting() if self._guards else [])],
                           check=True, stdout=log, stderr=log)

    def _run(self) -> bool:
        with open(self._folder / "broker.log", "a", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                # It ends with whoever started it, however that ends.
                ["setpriv", "--pdeathsig", "KILL", *self._java, "kafka.Kafka", str(self._folder / "server.properties")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            select.select([], [], [], LOOK_AGAIN)
        self.kill()
        return False

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(API_VERSIONS)
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def _end(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)
            if number != signal.SIGKILL:
                self._process.send_signal(signal.SIGCONT)
            self._process.wait()


@contextlib.contextmanager
def broker(properties: dict[str, str] | None = None) -> Iterator[Broker]:
    """One in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        made = Broker(pathlib.Path(folder), properties=properties)
        made.start()
        try:
            yield made
        finally:
            made.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("directory", type=pathlib.Path)
    run.add_argument("--port", type=int)
    beside = commands.add_parser("with")
    beside.add_argument("rest", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    try:
        if chosen.command == "with":
            with broker() as made:
                return subprocess.run(chosen.rest, env={**os.environ, "TRIAGED_TEST_KAFKA": made.address},
                                      check=False).returncode
        made = Broker(chosen.directory, chosen.port)
        made.start()
        print(made.address, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
        made.stop()
        return 0
    except NoJava as reason:
        print(f"not tried: {reason}", file=sys.stderr)
        return NOT_TRIED
    except Broken as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
