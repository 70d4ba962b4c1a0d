#!/usr/bin/env python3
"""Faults of instances that share the shards of a log in Kafka, and of their broker, and what became of the alerts.

  run.py PATH/TO/triaged [--only NAME]… [--times N] [--seed N]

Exits 1 where anything was lost or doubled, or a daemon did something else than it should; 77 where there is no Java or no
python3-confluent-kafka. With TRIAGED_CHAOS_KEEP=1 in the environment the folders of a test that failed stay.
"""
import argparse
import pathlib
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("chaos", "kafka", "support/kafka"):
    sys.path.append(str(HERE.parent.parent / folder))

# pylint: disable=wrong-import-position
import daemon
import kafka_broker
from oracle import Verdict

try:
    import faults
except ImportError as missing:
    print(f"not tried: {missing}", file=sys.stderr)
    sys.exit(kafka_broker.NOT_TRIED)


def run(name: str, options: argparse.Namespace) -> Verdict:
    verdict = Verdict()
    began = time.monotonic()
    try:
        with kafka_broker.broker() as broker:
            faults.run(verdict, name, broker, options.seed, options.times)
    except kafka_broker.NoJava:
        raise
    except daemon.Fault as fault:
        verdict.faults.append(str(fault))
    except Exception:  # pylint: disable=broad-except
        verdict.faults.append(traceback.format_exc())
    figures = ", ".join(f"{value} {what}" for what, value in verdict.figures.items())
    print(f"{name:<16} lost {verdict.lost}, doubled {verdict.doubled}, {time.monotonic() - began:6.1f} s  {figures}")
    for fault in verdict.faults:
        print(f"    {fault}")
    sys.stdout.flush()
    return verdict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--only", action="append", choices=faults.FAULTS, default=[])
    parser.add_argument("--times", type=int, default=0, help="each fault; default: what CI tries")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    daemon.BINARY = str(options.binary.resolve(strict=True))
    print(f"seed {options.seed}")
    try:
        verdicts = [run(name, options) for name in options.only or faults.FAULTS]
    except kafka_broker.NoJava as reason:
        print(f"not tried: {reason}", file=sys.stderr)
        return kafka_broker.NOT_TRIED
    return 1 if any(v.faults or v.lost or v.doubled for v in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
