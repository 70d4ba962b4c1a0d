"""How the tests run the binary, and small alerts for it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from typing import Any, NamedTuple

PATH = ""  # set by run.py
ROOT = pathlib.Path(__file__).resolve().parents[2]

BY_SERVICE = """correlate:
  - name: by-service
    by: {labels: [service]}
"""


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last_line(self) -> str:
        return self.err.splitlines()[-1]

    @property
    def rejections(self) -> list[str]:
        return self.err.splitlines()[:-1]


def environment(**changes: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    return {**clean, "TERM": "xterm", **changes}


def run(*arguments: str | pathlib.Path, stdin: bytes | None = None, **options: Any) -> Result:
    done = subprocess.run([PATH, *map(str, arguments)], input=stdin, capture_output=True, timeout=60,
                          env=environment(), **options)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def alert(service: str = "web", start: str = "2026-03-02T10:00:00Z", **fields: Any) -> dict[str, Any]:
    labels = {"alertname": "Down", "service": service, "severity": "critical", **fields.pop("labels", {})}
    return {"labels": labels, "startsAt": start, **fields}


def ndjson(*values: Any) -> bytes:
    return b"".join((v if isinstance(v, bytes) else json.dumps(v).encode()) + b"\n" for v in values)


class Case(unittest.TestCase):
    """Has a folder of its own, with a rule file in it."""
    maxDiff = None

    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="triaged-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.rules = self.write("by-service.yaml", BY_SERVICE)

    def write(self, name: str, content: str | bytes) -> pathlib.Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def replay(self, content: bytes, *arguments: str | pathlib.Path) -> Result:
        """Replays the bytes as a file, with the rule above."""
        return run("replay", "--alerts", self.write("alerts", content), "--rules", self.rules, *arguments)
