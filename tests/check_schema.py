#!/usr/bin/env python3
"""Validates JSON documents of tailor against data/schema/NAME.VERSION.json, named by their "schema"
key, which must come first.

    tests/check_schema.py FILE...
"""
import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "data" / "schema"


def unique(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f'the key "{key}" stands twice')
    return dict(pairs)


def check(path):
    document = json.loads(pathlib.Path(path).read_text(), object_pairs_hook=unique)
    if next(iter(document), None) != "schema":
        raise ValueError('the first key is not "schema"')
    schema = json.loads((SCHEMAS / (document["schema"].replace("/", ".") + ".json")).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)


def main():
    bad = 0
    for path in sys.argv[1:]:
        try:
            check(path)
        except jsonschema.ValidationError as e:
            print(f"{path}: {e.json_path}: {e.message}")
            bad = 1
        except (OSError, ValueError) as e:
            print(f"{path}: {e}")
            bad = 1
    return bad if len(sys.argv) > 1 else 2


sys.exit(main())
