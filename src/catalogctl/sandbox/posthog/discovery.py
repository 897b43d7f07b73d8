"""Bringing the schemas of a source in line with the tables that its system has.

Source: the contract's section on identification and lifecycle.
"""

from __future__ import annotations

import fnmatch
import uuid
from dataclasses import dataclass

from .records import Schema, Source
from .runs import Runs
from .world import SourceProblem, Table, same_name

PREFERRED_CURSORS = ("updated_at", "modified_at", "created_at")


@dataclass
class Found:
    """The outcome of a discovery. A revived schema counts as added, and only those that were
    deleted count as deleted (both inferred)."""

    added: int = 0
    deleted: int = 0
    auto_enabled: int = 0
    total: int = 0


def new_schema(source: Source, name: str, created_at: str, table: Table | None) -> Schema:
    """A row as discovery makes it: not syncing, no sync type, every six hours."""
    doc = table.doc if table else {}
    return Schema(
        id=str(uuid.uuid4()),
        project=source.project,
        source=source.id,
        name=name,
        created_at=created_at,
        label=doc.get("label"),
        description=doc.get("description"),
        columns=table.metadata if table else None,
    )


def refresh(runs: Runs, source: Source) -> Found:
    """Discover; ``SourceProblem`` if the system can't be asked."""
    tables = runs.world.discover(source.source_type, source.job_inputs)
    rows = runs.records.schemas_of(source.id, deleted=True)
    found = Found(total=len(tables))
    for table in tables.values():
        row = _row_of(rows, table.name)
        if row is None:
            row = new_schema(source, table.name, runs.stamp(), table)
            rows.append(row)
            found.added += 1
            found.auto_enabled += _enable(runs, source, row, table)
        elif row.deleted:
            row.deleted = False
            found.added += 1
        if "." in table.name:
            # Where the settings no longer fix a namespace, rows go over to the qualified name.
            row.name = table.name
        row.columns = table.metadata
        runs.records.save(row)
    for row in rows:
        if not row.deleted and not any(same_name(row.name, name) for name in tables):
            found.deleted += _vanish(runs, row)
    return found


def _row_of(rows: list[Schema], name: str) -> Schema | None:
    """The live row of a table before a deleted one."""
    matching = [row for row in rows if same_name(row.name, name)]
    return min(matching, key=lambda row: row.deleted, default=None)


def _vanish(runs: Runs, row: Schema) -> bool:
    """A table is gone: a row that was never used goes too, another one is switched off."""
    if row.table is None and not row.should_sync:
        row.deleted = True
        runs.records.save(row)
        return True
    if row.should_sync:
        row.should_sync, row.status = False, "Completed"
        if row.schedule is not None:
            row.schedule["paused"] = True
        runs.records.save(row)
    return False


def _enable(runs: Runs, source: Source, row: Schema, table: Table) -> bool:
    """New tables sync at once where the source says so and its patterns agree."""
    patterns = source.auto_sync_schema_patterns
    wanted = not isinstance(patterns, list) or any(
        fnmatch.fnmatchcase(table.name, str(pattern)) for pattern in patterns
    )
    if not (runs.era.newest and source.auto_sync_new_schemas and wanted):
        return False
    apply_defaults(row, table)
    row.should_sync = True
    runs.records.save(row)
    runs.ensure_schedule(row)
    return True


def apply_defaults(row: Schema, table: Table) -> None:
    """What the server picks itself: incremental, else append, else full; never cdc or webhook."""
    cursors = {entry["field"]: entry for entry in table.cursors}
    name = next((name for name in PREFERRED_CURSORS if name in cursors), next(iter(cursors), None))
    if name is not None and (table.incremental or table.appendable):
        row.sync_type = "incremental" if table.incremental else "append"
        row.config["incremental_field"] = name
        row.config["incremental_field_type"] = cursors[name]["field_type"]
    else:
        row.sync_type = "full_refresh"
    if table.primary_key and row.primary_key is None:
        row.config["primary_key_columns"] = list(table.primary_key)


def refresh_quietly(runs: Runs, source: Source) -> None:
    """The periodic discovery; a source that can't be reached is left as it is."""
    try:
        refresh(runs, source)
    except SourceProblem:
        return
