#!/usr/bin/env python3
"""Black-box tests of the built binary with its log in Kafka, against a real broker.

  run.py PATH/TO/triaged [unittest's own arguments]

Exits with 77 where there is no Java, or no python3-confluent-kafka: not tried, which is not the same as passed.
"""
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("cli", "support/kafka", "schema"):
    sys.path.append(str(HERE.parent / folder))

# pylint: disable=wrong-import-position
import binary
from guards import Guards
from kafka_broker import NOT_TRIED, Broker, NoJava

try:
    import cluster
except ImportError as missing:
    print(f"not tried: {missing}", file=sys.stderr)
    sys.exit(NOT_TRIED)


def tests() -> bool:
    if len(sys.argv) > 2:
        return unittest.main(module=None, argv=[sys.argv[0], *sys.argv[2:]], exit=False).result.wasSuccessful()
    suite = unittest.defaultTestLoader.discover(str(HERE), top_level_dir=str(HERE))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    return result.wasSuccessful() and result.testsRun > 0


def main() -> int:
    if len(sys.argv) < 2 or not pathlib.Path(sys.argv[1]).is_file():
        sys.exit(__doc__)
    binary.PATH = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="triaged-kafka-") as folder:
        try:
            cluster.GUARDS = Guards(pathlib.Path(folder) / "guards", cluster.USERS, cluster.TRUSTED)
            cluster.BROKER = Broker(pathlib.Path(folder) / "broker", guards=cluster.GUARDS)
        except NoJava as reason:
            print(f"not tried: {reason}", file=sys.stderr)
            return NOT_TRIED
        cluster.BROKER.start()
        try:
            return 0 if tests() else 1
        finally:
            cluster.BROKER.kill()


if __name__ == "__main__":
    sys.exit(main())
