"""Fast, and still right? What the plans of a made-up catalog must say, and whether they do.

    python -m benchmarks.correctness FOLDER --tables 10000

The edits are known from `tables.edits`, and the lines of the specs from their text, without the
tool. Prints a JSON list of checks, each with a name, whether it holds, and what was looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import bodies, stage, tables
from benchmarks.blocks import INSTALLED, TOOL
from benchmarks.figures import Check
from benchmarks.specs import COLUMNS, SEED
from benchmarks.stage import Catalog, Server
from benchmarks.tables import Edit, Table, Tables

Place = tuple[str, int]
Fields = dict[tuple[str, str], tuple[Any, Any, Place]]
"""By table and path: the value before and after, and the file and line that ask for it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project of its own, since files are edited in it."""

    folder: Path
    server: Server

    def plan(self, tool: Sequence[str] = INSTALLED) -> bytes:
        """The plan as JSON, with whatever cache there is."""
        run = subprocess.run(
            [sys.executable, *tool, "plan", "--no-rehearse", "--format", "json"],
            cwd=self.folder,
            env=stage.environment(self.folder),
            stdout=subprocess.PIPE,
            check=True,
        )
        return run.stdout

    def path(self, table: Table) -> Path:
        return self.folder / _file(table)


def checks(catalog: Catalog, changed: int, folder: Path) -> Iterator[Check]:
    """Makes a project of its own in the folder."""
    made = Tables(catalog.tables, catalog.schemas, COLUMNS, catalog.seed)
    shutil.rmtree(folder, ignore_errors=True)
    catalog.project()
    with Server(catalog.state) as server:
        project = Project(folder, server)
        for edit in ("everything", "columns", "mixed"):
            edits = tables.edits(made, changed, edit, catalog.seed)
            catalog.write(folder, "--state", str(catalog.state), *stage.edits(changed, edit))
            stage.git(folder, "init", "--quiet")  # files are reported from its root
            stage.configure(folder, server.url)
            wanted: Fields = {}
            for table in made:
                if table.fqn in edits:
                    wanted |= _wanted(table, edits[table.fqn], project.path(table))
            stage.forget(folder)
            cold = project.plan()
            yield Check(
                f"`{edit}`: the plan is exactly the edited tables, fields, values and lines",
                _found(cold) == wanted,
                f"{len(edits):,} tables, {len(wanted):,} fields",
            )
        warm = project.plan()
        yield Check("cold and warm plans are the same bytes", warm == cold, f"{len(cold):,} bytes")
        stage.forget(folder)
        name = "plans with the parser of `[fast]` and without it are the same bytes"
        yield Check(name, project.plan(TOOL) == cold, f"{len(cold):,} bytes")
        yield from _warm(project, wanted, [each for each in made if each.fqn not in edits][:3])


def _warm(project: Project, known: Fields, others: list[Table]) -> Iterator[Check]:
    """What happened since the last plan is in the next one, and nothing else."""
    moved, removed, swapped = others
    _move(project.server.url, moved)
    place = (_file(moved), _lines(project.path(moved))["description"])
    expected = known | {(moved.fqn, "description"): ("Moved.", moved.description, place)}
    yield Check("a warm plan sees what moved in the catalog", _is(project, expected), moved.fqn)

    objects = json.loads(project.plan())["summary"]["objects"]
    project.path(removed).unlink()
    fewer = json.loads(project.plan())["summary"]["objects"]
    name = "a warm plan sees that a file was removed"
    yield Check(name, fewer == objects - 1 and _is(project, expected), f"{fewer:,} objects")

    path, column = project.path(swapped), swapped.columns[0]
    text = _same_length(path, swapped)
    place = (_file(swapped), _lines(path)[f"columns.{column.name}.description"])
    key = (swapped.fqn, f"columns.{column.name}.description")
    expected |= {key: (column.description, text, place)}
    name = "a warm plan sees an edit that keeps the file's size and time stamp"
    yield Check(name, _is(project, expected), swapped.fqn)


def _is(project: Project, expected: Fields) -> bool:
    return _found(project.plan()) == expected


def _move(url: str, table: Table) -> None:
    """Somebody edits the description in the catalog."""
    operations = [{"op": "add", "path": "/description", "value": "Moved."}]
    own = bodies.table(table)["id"]
    request = urllib.request.Request(
        f"{url}/api/v1/tables/{own}", json.dumps(operations).encode(), method="PATCH"
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


def _same_length(path: Path, table: Table) -> str:
    """Swap the case of the first column's first letter; size and time stamp stay."""
    before, text = path.stat(), table.columns[0].description
    changed = text[0].swapcase() + text[1:]
    content = path.read_text("utf-8")
    start = content.index(text, content.index(f"\n  {table.columns[0].name}:\n"))
    path.write_text(content[:start] + changed + content[start + len(text) :], "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    return changed


def _wanted(table: Table, edit: Edit, path: Path) -> Fields:
    lines = _lines(path)
    fields: dict[str, tuple[Any, Any]] = {}
    if edit.description is not None:
        fields["description"] = (table.description, edit.description)
    if edit.tag is not None:
        fields["tags"] = (list(table.tags) or None, sorted([*table.tags, edit.tag]))
    if edit.follower is not None:
        fields["followers"] = (
            list(table.followers) or None, sorted([*table.followers, edit.follower]),
        )  # fmt: skip
    if edit.vote is not None:
        fields["vote"] = (table.vote or "unVoted", edit.vote)
    columns = {column.name: column for column in table.columns}
    for name, values in edit.columns.items():
        for key, value in values.items():
            own = getattr(columns[name], key)
            before = own if isinstance(own, str) else list(own) or None
            fields[f"columns.{name}.{key}"] = (before, value)
    return {
        (table.fqn, field): (before, after, (_file(table), lines[field]))
        for field, (before, after) in fields.items()
    }


def _found(plan: bytes) -> Fields:
    return {
        (change["address"].removeprefix("Table/"), each["path"]): (
            each["before"] or None,
            each["after"],
            (each["source"]["file"], each["source"]["line"]),
        )
        for change in json.loads(plan)["changes"]
        for each in change["fields"]
    }


def _file(table: Table) -> str:
    return f"catalog-specs/{table.schema}/{table.name}.yaml"


def _lines(path: Path) -> dict[str, int]:
    """Where each field of a spec stands, by its indentation."""
    found: dict[str, int] = {}
    column = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        key = line.strip().partition(":")[0]
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            found.setdefault(key, number)
        elif depth == 2 and "columns" in found:
            column = key
        elif depth == 4:
            found[f"columns.{column}.{key}"] = number
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.correctness", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--schemas", type=int, default=100)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    root = given.folder.resolve()
    catalog = Catalog(given.tables, given.schemas, given.seed, root)
    found = checks(catalog, max(4, given.tables // 100), root / "checked")
    print(json.dumps([asdict(each) for each in found]))


if __name__ == "__main__":
    main()
