"""Writes spec files, a table each, and the server's state that they describe.

    python -m benchmarks.specs FOLDER --tables 1000 --changed 10

    FOLDER/catalog-specs/schema_000/….yaml   what is declared
    FOLDER/edits.json                        where that differs from the server, by table
    STATE                                    JSON lines: names and directory, then each table's body

Without `--changed` the specs say what the server holds, so there is nothing to do. The state is
never edited, so specs with other edits can share it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import bodies, tables
from benchmarks.tables import Edit, Table

SEED = 20
COLUMNS = 20
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 .,;()_/'-]*[A-Za-z0-9.)]")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")


def write_specs(folder: Path, made: Sequence[Table], edits: Mapping[str, Edit]) -> None:
    """One file a table, in a folder a schema, with the edits made."""
    for schema in {table.schema for table in made}:
        (folder / "catalog-specs" / schema).mkdir(parents=True, exist_ok=True)
    for table in made:
        edit = edits.get(table.fqn)
        text = spec(tables.edited(table, edit) if edit else table)
        path = folder / "catalog-specs" / table.schema / f"{table.name}.yaml"
        path.write_text(text, encoding="utf-8")
    known = {name: asdict(edit) | _ids(edit) for name, edit in edits.items()}
    (folder / "edits.json").write_text(json.dumps(known, indent=1), encoding="utf-8")


def _ids(edit: Edit) -> dict[str, str]:
    """The id of the follower, which the authors of a script would have looked up."""
    if edit.follower is None:
        return {}
    return {"follower_id": bodies.reference("user", edit.follower)["id"]}


def write_state(path: Path, made: Sequence[Table]) -> None:
    """What the server starts from: each line is an answer, ready to be sent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = sorted((bodies.table(table) for table in made), key=lambda b: (b["name"], b["id"]))
    names = [(body["name"], body["id"], body["fullyQualifiedName"]) for body in found]
    with path.open("w", encoding="utf-8") as file:
        json.dump({"names": names, "directory": bodies.directory(), "user": tables.USER}, file)
        for body in found:
            file.write("\n" + json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def spec(table: Table) -> str:
    """The spec file of a table."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: Table) -> Iterator[str]:
    yield "kind: Table"
    yield f"name: {table.fqn}"
    if table.display_name:
        yield f"displayName: {_scalar(table.display_name)}"
    if "\n" in table.description:
        yield "description: |"
        yield from (f"  {line}" if line else "" for line in table.description.split("\n"))
    else:
        yield f"description: {_scalar(table.description)}"
    for key, names in (
        ("tags", table.tags),
        ("owners", table.owners),
        ("followers", table.followers),
    ):
        if names:
            yield f"{key}: [{', '.join(names)}]"
    if table.vote:
        yield f"vote: {table.vote}"
    yield "columns:"
    for column in table.columns:
        yield f"  {column.name}:"
        if column.display_name:
            yield f"    displayName: {_scalar(column.display_name)}"
        yield f"    description: {_scalar(column.description)}"
        if column.tags:
            yield f"    tags: [{', '.join(column.tags)}]"


def _scalar(text: str) -> str:
    """Plain where that is surely a text, else in double quotes, where JSON and YAML agree."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.specs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--schemas", type=int, default=1)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--changed", type=int, default=0, metavar="N", help="tables to edit")
    parser.add_argument("--edit", choices=["mixed", "columns", "everything"], default="mixed")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--state", type=Path, help="default: FOLDER/state.jsonl")
    given = parser.parse_args()
    made = list(tables.make(given.tables, given.schemas, given.columns, given.seed))
    state = given.state or given.folder / "state.jsonl"
    if not state.exists():
        write_state(state, made)
    write_specs(given.folder, made, tables.edits(made, given.changed, given.edit, given.seed))


if __name__ == "__main__":
    main()
