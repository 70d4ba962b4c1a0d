#!/usr/bin/env python3
"""That the schemas refuse what is wrong: plants faults in good documents. check_test.py SCHEMAS FOLDER

FOLDER: where `triaged_unit '[schema]'` wrote its documents.
"""
import copy
import json
import pathlib
import sys

import jsonschema

from check import fault


def objects(value, path=()):
    """Every object in a document whose keys are fields, with the way to it."""
    if isinstance(value, dict):
        if path[-1:] != ("labels",):
            yield path
            for key, part in value.items():
                yield from objects(part, path + (key,))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from objects(part, path + (index,))


def at(document, path):
    for step in path:
        document = document[step]
    return document


def faulty(document):
    """Documents with one fault each."""
    for path in objects(document):
        bad = copy.deepcopy(document)
        at(bad, path)["unknown"] = 1
        yield f"an unknown key in {path}", bad
        for key in at(document, path):
            for name, value in (("null", None), ("a wrong type", {"x": [1.5]})):
                bad = copy.deepcopy(document)
                at(bad, path)[key] = value
                yield f"{name} for {path} {key}", bad


def main():
    schemas, folder = map(pathlib.Path, sys.argv[1:])
    planted = 0
    for kind in ("incident", "membership", "alert", "audit", "silence", "rejected"):
        schema = json.loads((schemas / f"{kind}.json").read_text())
        validator = jsonschema.validators.validator_for(schema)(schema)
        lines = (folder / f"schema-{kind}.ndjson").read_text().splitlines()
        smallest = json.loads(lines[0])
        bad = [(f"no {key}", {k: v for k, v in smallest.items() if k != key}) for key in smallest]
        for line in lines:
            bad += faulty(json.loads(line))
        for name, document in bad:
            planted += 1
            if not fault(validator, json.dumps(document).encode()):
                sys.exit(f"{kind}.json lets through: {name}")
        if not fault(validator, lines[0].replace("{", '{"at":1,"id":1,', 1).encode()):
            sys.exit("a key that stands twice gets through")
    print(f"{planted} planted faults found")


if __name__ == "__main__":
    main()
