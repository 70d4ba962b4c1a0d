#!/usr/bin/env python3
"""Lets a daemon publish a document of every kind and checks them against the schemas: check_run.py TRIAGED SCHEMAS"""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

# pylint: disable=wrong-import-position
import binary
from check import check
from running import RunningCase

FILES = {"incident": "incidents.out", "alert": "alerts.out", "audit": "audit.out", "silence": "silences.out",
         "rejected": "rejected.out"}
SCHEMAS = pathlib.Path()


class Published(RunningCase):
    def test_fits(self) -> None:
        daemon = self.start()
        self.record_a_day(daemon)
        for bad in (b"no json", b'[{"labels": {"a": "b"}, "startsAt": "now"}]', b'[{"labels": {"a": "\xff"}}]'):
            self.assertEqual(daemon.ask("POST", "/api/v2/alerts", bad).status, 400)
        self.assertEqual(daemon.stop(), 0)
        for kind, file in FILES.items():
            self.assertGreater(check(SCHEMAS / f"{kind}.json", [self.folder / file]), 0, kind)


def main() -> None:
    global SCHEMAS
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary.PATH, SCHEMAS = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
