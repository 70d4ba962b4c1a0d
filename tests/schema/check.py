#!/usr/bin/env python3
"""Checks every line of NDJSON files against a JSON Schema: check.py SCHEMA FILE...

Stops at the first line that does not fit, with exit 1, and where there is no line at all. Needs python3-jsonschema.
"""
import json
import sys

import jsonschema


def refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"key {name!r} stands twice")
    return dict(pairs)


def fault(validator, line):
    """What is wrong with the line, or None."""
    try:
        document = json.loads(line.decode("utf-8"), object_pairs_hook=refuse_duplicates)
    except ValueError as error:
        return str(error)
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return error and f"{error.json_path}: {error.message}"


def check(schema_file, files):
    """The number of documents; exits with a message at the first that does not fit."""
    with open(schema_file, encoding="utf-8") as text:
        schema = json.load(text)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    count = 0
    for file in files:
        with open(file, "rb") as lines:
            for number, line in enumerate(lines, 1):
                problem = fault(validator, line)
                if problem:
                    sys.exit(f"{file}:{number}: {problem}")
                count += 1
    return count


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    count = check(sys.argv[1], sys.argv[2:])
    if count == 0:
        sys.exit(f"{' '.join(sys.argv[2:])}: no document")
    print(f"{count} documents fit {sys.argv[1]}")


if __name__ == "__main__":
    main()
