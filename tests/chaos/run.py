#!/usr/bin/env python3
"""Faults, one after another, and what became of the alerts.

  run.py PATH/TO/triaged [--only NAME]… [--kills N] [--seed N]

Exits 1 where anything was lost or doubled, or the daemon did something else than it should; 77 where this machine can
have none of the faults (a disk needs root to mount it). With TRIAGED_CHAOS_KEEP=1 in the environment the folder of a
test that failed stays.
"""
import argparse
import pathlib
import sys
import time
import traceback
from typing import Callable

import clients
import clocks
import daemon
import disk
import flood
import kill_loop
import life
import poison
import snapshots
import versions
from oracle import Verdict

SKIPPED = 77  # what ctest takes for "not run"

Test = Callable[[Verdict, argparse.Namespace], None]

TESTS: dict[str, Test] = {
    "kills": lambda verdict, options: kill_loop.run(verdict, options.seed, options.kills),
    "poison": lambda verdict, options: poison.run(verdict),
    "life": lambda verdict, options: life.run(verdict, options.seed),
    "snapshots": lambda verdict, options: snapshots.run(verdict, options.seed),
    "versions": lambda verdict, options: versions.run(verdict, options.seed),
    "disk-full": lambda verdict, options: disk.run_full(verdict, options.seed),
    "disk-read-only": lambda verdict, options: disk.run_read_only(verdict, options.seed),
    "flood": lambda verdict, options: flood.run(verdict, options.seed),
    "slow-clients": lambda verdict, options: clients.slow(verdict),
    "many-clients": lambda verdict, options: clients.run_many(verdict),
    "clocks": lambda verdict, options: clocks.run(verdict, options.seed),
}


def run(name: str, options: argparse.Namespace) -> Verdict:
    verdict = Verdict()
    began = time.monotonic()
    try:
        TESTS[name](verdict, options)
    except daemon.Fault as fault:
        verdict.faults.append(str(fault))
    except Exception:  # pylint: disable=broad-except
        verdict.faults.append(traceback.format_exc())
    figures = ", ".join(f"{value} {what}" for what, value in verdict.figures.items())
    print(f"{name:<16} lost {verdict.lost}, doubled {verdict.doubled}, {time.monotonic() - began:6.1f} s  {figures}")
    if verdict.skipped:
        print(f"    SKIPPED: {verdict.skipped}")
    for fault in verdict.faults:
        print(f"    {fault}")
    sys.stdout.flush()
    return verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--only", action="append", choices=TESTS, default=[])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    daemon.BINARY = str(options.binary.resolve(strict=True))
    print(f"seed {options.seed}")
    verdicts = [run(name, options) for name in options.only or TESTS]
    if any(v.faults or v.lost or v.doubled for v in verdicts):
        sys.exit(1)
    sys.exit(SKIPPED if all(v.skipped for v in verdicts) else 0)


if __name__ == "__main__":
    main()
