"""Writes spec files, a table each, and the server's state that they describe.

    python -m benchmarks.specs FOLDER --tables 1000 --changed 10

    FOLDER/catalog-specs/schema_000/….yaml   what is declared
    FOLDER/edits.json                        where that differs from the server, by table
    STATE                                    JSON lines: each table's body, at last an index

Without `--changed` the specs say what the server holds, so there is nothing to do. The state is
never edited, so specs with other edits can share it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import bodies, tables
from benchmarks.tables import Edit, Table, Tables

SEED = 20
COLUMNS = 20
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 .,;()_/'-]*[A-Za-z0-9.)]")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")


def write_specs(folder: Path, made: Iterable[Table], edits: Mapping[str, Edit]) -> None:
    """One file a table, in a folder a schema, with the edits made."""
    schemas: set[str] = set()
    for table in made:
        above = folder / "catalog-specs" / table.schema
        if table.schema not in schemas:
            above.mkdir(parents=True, exist_ok=True)
            schemas.add(table.schema)
        edit = edits.get(table.fqn)
        text = spec(tables.edited(table, edit) if edit else table)
        (above / f"{table.name}.yaml").write_text(text, encoding="utf-8")
    known = {name: asdict(edit) | _ids(edit) for name, edit in edits.items()}
    (folder / "edits.json").write_text(json.dumps(known, indent=1), encoding="utf-8")


def _ids(edit: Edit) -> dict[str, str]:
    """The id of the follower, which the authors of a script would have looked up."""
    if edit.follower is None:
        return {}
    return {"follower_id": bodies.reference("user", edit.follower)["id"]}


def write_state(path: Path, made: Iterable[Table]) -> None:
    """What the server starts from: a line a table, ready to be sent, and an index as the last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names: list[tuple[str, str, str, int, int]] = []
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        begin = 0
        for table in made:
            body = bodies.table(table)
            line = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            end = begin + file.write(line)
            names.append((body["name"], body["id"], body["fullyQualifiedName"], begin, end))
            begin = end + file.write(b"\n")
        index = {"names": sorted(names), "directory": bodies.directory(), "user": tables.USER}
        file.write(json.dumps(index).encode())
    unfinished.replace(path)


def declared(made: Tables, count: int, *, scattered: bool) -> Iterator[Table]:
    """So many of the tables: some from every schema, or all of as few schemas as will do."""
    numbers: Sequence[int] = range(len(made))
    if not scattered:
        numbers = sorted(numbers, key=lambda number: (number % made.schemas, number))
    return (made[number] for number in numbers[:count])


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
    parser.add_argument(
        "--declared", type=int, metavar="N", help="tables with a spec; default: all"
    )
    parser.add_argument("--scattered", action="store_true", help="over all schemas")
    parser.add_argument("--changed", type=int, default=0, metavar="N", help="tables to edit")
    parser.add_argument("--edit", choices=["mixed", "columns", "everything"], default="mixed")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--state", type=Path, help="default: FOLDER/state.jsonl")
    given = parser.parse_args()
    made = Tables(given.tables, given.schemas, given.columns, given.seed)
    state = given.state or given.folder / "state.jsonl"
    if not state.exists():
        write_state(state, made)
    chosen: Iterable[Table] = made
    if given.declared is not None:
        chosen = declared(made, given.declared, scattered=given.scattered)
    write_specs(given.folder, chosen, tables.edits(made, given.changed, given.edit, given.seed))


if __name__ == "__main__":
    main()
