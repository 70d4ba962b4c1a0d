#!/usr/bin/env python3
"""Replays the alerts of scenario folders and checks what comes out against the schemas.

check_replay.py TRIAGED SCHEMAS FOLDER...     SCHEMAS: docs/schemas; FOLDER: alerts.ndjson, rules.yaml, catalogue.yaml
"""
import pathlib
import subprocess
import sys
import tempfile

from check import check


def replay(triaged, folder, out):
    command = [triaged, "replay", "--alerts", folder / "alerts.ndjson"]
    for option in ("rules", "catalogue"):
        file = folder / f"{option}.yaml"
        if file.exists():
            command += [f"--{option}", file]
    if (folder / "changes.ndjson").exists():
        command += ["--changes", folder / "changes.ndjson"]
    files = {"incident": out / "incidents.ndjson", "membership": out / "memberships.ndjson"}
    command += ["--incidents", files["incident"], "--memberships", files["membership"]]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{folder}: replay ended with {done.returncode}\n{done.stderr}")
    return files


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    triaged, schemas = sys.argv[1], pathlib.Path(sys.argv[2])
    counts = {"incident": 0, "membership": 0}
    for folder in map(pathlib.Path, sys.argv[3:]):
        with tempfile.TemporaryDirectory() as out:
            for kind, file in replay(triaged, folder, pathlib.Path(out)).items():
                counts[kind] += check(schemas / f"{kind}.json", [file])
    if 0 in counts.values():
        sys.exit(f"nothing was checked: {counts}")
    print(", ".join(f"{count} of {kind}.json" for kind, count in counts.items()), "documents fit")


if __name__ == "__main__":
    main()
