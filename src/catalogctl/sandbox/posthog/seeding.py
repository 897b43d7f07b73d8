"""Filling an empty sandbox from a seed.

A seed is a JSON object:

* ``projects``: ``{"1": {"name": "Shop", "cdc": true}}``; ``cdc`` is the team's feature flag,
  ``"member": false`` makes a project that the keys' user does not belong to;
* ``keys``: as the built-in ones of ``keys``, which are always there;
* ``connections``: the simulated systems, see ``world``;
* ``sources``: bodies of a source as answers show them, with ``project`` (1), ``age_days`` (30),
  and ``schemas``: ``name`` with any writable field of a schema, ``status``, ``latest_error``, and
  ``synced`` (true: the table was imported; false: never ran). Tables of the connection that are
  not listed get no row: a refresh finds them. ``schemas: "all"`` takes every table as a refresh
  does.

Ids are the same on every run.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from . import times
from .discovery import new_schema
from .jobinputs import as_text
from .keys import KEYS, PROJECTS, USER
from .kinds import SOURCE_TYPES
from .records import Job, Json, Records, Schema, Source
from .runs import CDC_WRITE_MODES, Runs, import_rows
from .world import SourceProblem, Table, same_name

NAMESPACE = uuid.UUID("2c5b6f0e-93f1-4c0b-8f57-6f4f2d1f7c11")
PARTS = ("projects", "keys", "connections", "sources")
HOUR_MS = times.HOUR * 1000
CONFIG = (
    "incremental_field",
    "incremental_field_type",
    "primary_key_columns",
    "cdc_table_mode",
    "incremental_field_lookback_seconds",
)
COLUMNS = (
    "label",
    "description",
    "should_sync",
    "sync_type",
    "status",
    "latest_error",
    "enabled_columns",
    "row_filters",
    "full_refresh_interval_days",
    "full_refresh_time_of_day",
    "api_version",
)
EXTRA = ("name", "synced", "sync_frequency", "sync_time_of_day")


class SeedError(ValueError):
    """A seed that can't be loaded."""


def load(records: Records, runs: Runs, seed: Mapping[str, Any]) -> None:
    """Projects and keys of every sandbox, then the seed."""
    unknown = set(seed) - set(PARTS)
    if unknown:
        raise SeedError(f"unknown part of a seed: {', '.join(sorted(unknown))}")
    with records.store.transaction():
        for name, project in {**PROJECTS, **seed.get("projects", {})}.items():
            records.put_setup("project", name, project)
        for name, key in {**KEYS, **seed.get("keys", {})}.items():
            records.put_setup("key", name, key)
        for name, connection in seed.get("connections", {}).items():
            runs.world.change(name, connection)
        for position, entry in enumerate(seed.get("sources", [])):
            _Loader(records, runs, position, entry).load()


class _Loader:
    """One source of a seed."""

    def __init__(self, records: Records, runs: Runs, position: int, entry: Json) -> None:
        self._records, self._runs = records, runs
        self._entry = entry
        self._now = runs.clock.now_ms()
        name = f"{entry.get('project', 1)}/{entry['source_type']}/{entry.get('prefix')}/{position}"
        self._id = uuid.uuid5(NAMESPACE, name)

    def load(self) -> None:
        entry = self._entry
        if entry["source_type"] not in SOURCE_TYPES:
            raise SeedError(f"unknown source type {entry['source_type']!r}")
        source = Source(
            id=str(self._id),
            project=int(entry.get("project", 1)),
            source_type=entry["source_type"],
            created_at=self._runs.stamp(self._now - int(entry.get("age_days", 30)) * 24 * HOUR_MS),
            source_id=str(uuid.uuid5(self._id, "source_id")),
            created_by=USER,
            created_via="web",
            prefix=entry.get("prefix"),
            description=entry.get("description"),
            access_method=entry.get("access_method", "warehouse"),
            status=entry.get("status", "Completed"),
            job_inputs=as_text(entry.get("job_inputs", {})),
        )
        if self._runs.era.newest:
            source.next_discovery = self._now + times.DEFAULT_INTERVAL * 1000
        self._records.save(source)
        tables = self._tables(source)
        schemas = entry.get("schemas", [])
        if schemas == "all":
            schemas = [{"name": name} for name in tables]
        for schema in schemas:
            table = next((t for n, t in tables.items() if same_name(n, schema["name"])), None)
            self._schema(source, schema, table)

    def _tables(self, source: Source) -> dict[str, Table]:
        try:
            return self._runs.world.discover(source.source_type, source.job_inputs)
        except SourceProblem:
            return {}

    def _schema(self, source: Source, entry: Json, table: Table | None) -> None:
        unknown = set(entry) - {*CONFIG, *COLUMNS, *EXTRA}
        if unknown:
            raise SeedError(f"unknown property of a schema: {', '.join(sorted(unknown))}")
        row = new_schema(source, entry["name"], source.created_at, table)
        row.id = str(uuid.uuid5(self._id, f"schema {row.name}"))
        for name in COLUMNS:
            if name in entry:
                setattr(row, name, entry[name])
        row.config.update({name: entry[name] for name in CONFIG if name in entry})
        name = entry.get("sync_frequency", "6hour")
        row.interval = None if name is None else times.FREQUENCIES[name]
        row.time_of_day = entry.get("sync_time_of_day")
        if entry.get("synced") and table is not None:
            self._synced(source, row, table)
        if row.should_sync and row.interval is not None and source.access_method == "warehouse":
            next_at = times.next_run(row.id, row.interval, row.time_of_day, self._now)
            row.schedule = {"paused": False, "next_at": next_at}
        self._records.save(row)

    def _synced(self, source: Source, row: Schema, table: Table) -> None:
        """The traces of a run two hours ago."""
        rows = import_rows(row, source, table)
        modes: list[Any] = [None]
        if row.sync_type == "cdc":
            modes = list(CDC_WRITE_MODES[row.config.get("cdc_table_mode") or "consolidated"])
        for mode in modes:
            self._records.save(
                Job(
                    id=str(uuid.uuid5(uuid.UUID(row.id), f"job {mode}")),
                    project=row.project,
                    source=row.source,
                    schema=row.id,
                    created_at=self._runs.stamp(self._now - 2 * HOUR_MS),
                    workflow_run_id=f"{row.id}-seed",
                    status="Completed",
                    finished_at=self._runs.stamp(self._now - 2 * HOUR_MS + 30_000),
                    rows_synced=rows,
                    cdc_write_mode=mode,
                )
            )
        row.status = row.status or "Completed"
        row.last_synced_at = self._runs.stamp(self._now - 2 * HOUR_MS + 30_000)
