"""A plan as a script would make it, of the usual libraries: what a plan is compared with.

Parse every file with `CSafeLoader`, validate it with `jsonschema` (one validator for all), read
each table by its name over one connection, bring it into the form of a spec, and let DeepDiff
compare, in any order. Exit code 2 when something differs. How the time was spent is printed as
JSON.

It runs in the virtual environment of the peers, so it imports nothing of this repository.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import yaml
from deepdiff import DeepDiff
from jsonschema import Draft202012Validator

FIELDS = "owners,tags,columns,followers"
_NAMES: dict[str, Callable[[Any], str]] = {
    "tags": lambda each: each["tagFQN"],
    "owners": lambda each: f"{each['type']}:{each['name']}",
    "followers": lambda each: each["name"],
}


def as_declared(held: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a table or column holds of the fields that its spec declares, in the spec's form."""
    found: dict[str, Any] = {}
    for key in wanted:
        if key in _NAMES:
            found[key] = [_NAMES[key](each) for each in held.get(key, [])]
        elif key == "columns":
            columns = {each["name"]: each for each in held["columns"]}
            found[key] = {
                name: as_declared(columns[name], below) for name, below in wanted[key].items()
            }
        elif key in ("displayName", "description"):
            found[key] = held.get(key)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="naive_pipeline.py", description=__doc__)
    parser.add_argument("url", help="of the server, without /api")
    parser.add_argument("specs", type=Path, help="a folder")
    parser.add_argument("schema", type=Path, help="the JSON schema of a table")
    given = parser.parse_args()
    validator = Draft202012Validator(_schema(given.schema))
    seconds: dict[str, float] = {}
    session = requests.Session()
    session.trust_env = False
    specs = []
    with _timed(seconds, "parse"):
        for path in sorted(given.specs.rglob("*.yaml")):
            with path.open("rb") as file:
                specs.append(yaml.load(file, Loader=yaml.CSafeLoader))
    with _timed(seconds, "validate"):
        for spec in specs:
            validator.validate(spec)
    held = []
    with _timed(seconds, "fetch"):
        for spec in specs:
            path = f"{given.url}/api/v1/tables/name/{quote(spec['name'], safe='')}"
            answer = session.get(path, params={"fields": FIELDS})
            answer.raise_for_status()
            held.append(answer.json())
    differing = 0
    with _timed(seconds, "compare"):
        for spec, table in zip(specs, held, strict=True):
            wanted = {key: each for key, each in spec.items() if key not in ("kind", "name")}
            if "description" in wanted:
                wanted["description"] = wanted["description"].rstrip("\n")
            difference = DeepDiff(as_declared(table, wanted), wanted, ignore_order=True)
            differing += bool(difference)
    rounded = {name: round(spent, 3) for name, spent in seconds.items()}
    print(json.dumps({"tables": len(specs), "differ": differing, "seconds": rounded}))
    sys.exit(2 if differing else 0)


def _schema(path: Path) -> dict[str, Any]:
    """With the definitions that it shares with others."""
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    common = json.loads(path.with_name("common.schema.json").read_text("utf-8"))
    return schema | {"$defs": common["$defs"] | schema.get("$defs", {})}


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[part] = time.perf_counter() - begun


if __name__ == "__main__":
    main()
