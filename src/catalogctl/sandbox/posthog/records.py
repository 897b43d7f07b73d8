"""Sources, schemas and jobs, and where they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from catalogctl.sandbox.store import Store

from .times import DEFAULT_INTERVAL

TABLES = """
CREATE TABLE IF NOT EXISTS posthog_record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    project INTEGER NOT NULL,
    source TEXT NOT NULL,
    schema_id TEXT NOT NULL,
    state TEXT,
    deleted INTEGER NOT NULL,
    due INTEGER,
    json TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS posthog_record_project ON posthog_record (kind, project);
CREATE INDEX IF NOT EXISTS posthog_record_source ON posthog_record (kind, source);
CREATE INDEX IF NOT EXISTS posthog_record_schema ON posthog_record (kind, schema_id, state);
CREATE INDEX IF NOT EXISTS posthog_record_due ON posthog_record (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS posthog_setup (
    kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, name)
);
"""
Json = dict[str, Any]


@dataclass
class Source:
    """A row of external data sources. ``source_id`` is internal and not the ``id``."""

    kind: ClassVar[str] = "source"
    id: str
    project: int
    source_type: str
    created_at: str
    source_id: str = ""
    created_by: str | None = None
    created_via: str = "api"
    prefix: str | None = None
    description: str | None = None
    access_method: str = "warehouse"
    status: str = "Running"
    job_inputs: Json = field(default_factory=dict)
    webhook: Json | None = None
    direct_query_enabled: bool = False
    auto_sync_new_schemas: bool = False
    auto_sync_schema_patterns: Any = None
    next_discovery: int | None = None
    deleted: bool = False

    @property
    def due(self) -> int | None:
        return None if self.deleted else self.next_discovery


@dataclass
class Schema:
    """A row of external data schemas; ``config`` is what the server keeps in one JSON column."""

    kind: ClassVar[str] = "schema"
    id: str
    project: int
    source: str
    name: str
    created_at: str
    label: str | None = None
    description: str | None = None
    should_sync: bool = False
    sync_type: str | None = None
    config: Json = field(default_factory=dict)
    interval: int | None = DEFAULT_INTERVAL
    time_of_day: str | None = None
    status: str | None = None
    last_synced_at: str | None = None
    latest_error: str | None = None
    table: Json | None = None
    columns: list[Json] | None = None
    """What the last discovery saw: name, type, nullable."""
    enabled_columns: list[str] | None = None
    row_filters: list[Json] | None = None
    full_refresh_interval_days: int | None = None
    full_refresh_time_of_day: str | None = None
    api_version: str | None = None
    schedule: Json | None = None
    """``{"paused", "next_at"}``; ``None`` as long as nothing made one."""
    deleted: bool = False

    @property
    def due(self) -> int | None:
        if self.schedule is None or self.schedule["paused"]:
            return None
        return int(self.schedule["next_at"])

    @property
    def primary_key(self) -> list[str] | None:
        found: list[str] | None = self.config.get("primary_key_columns")
        return found


@dataclass
class Job:
    """One run of one schema; ``ends_at`` is a time of the sandbox's clock, ``None`` if stuck."""

    kind: ClassVar[str] = "job"
    id: str
    project: int
    source: str
    schema: str
    created_at: str
    workflow_run_id: str
    status: str = "Running"
    finished_at: str | None = None
    rows_synced: int | None = None
    latest_error: str | None = None
    cdc_write_mode: str | None = None
    ends_at: int | None = None

    @property
    def due(self) -> int | None:
        return self.ends_at if self.status == "Running" else None


Record = TypeVar("Record", Source, Schema, Job)


class Records:
    """Typed access to the store; every look-up gives a fresh object, ``save`` writes it back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.define(TABLES)

    def clear(self) -> None:
        with self.store.transaction():
            self.store.write("DELETE FROM posthog_record")
            self.store.write("DELETE FROM posthog_setup")

    def is_empty(self) -> bool:
        return self.store.row("SELECT 1 FROM posthog_setup LIMIT 1") is None

    def save(self, item: Source | Schema | Job) -> None:
        source = item.id if isinstance(item, Source) else item.source
        schema = item.schema if isinstance(item, Job) else ""
        state = None if isinstance(item, Source) else item.status
        deleted = not isinstance(item, Job) and item.deleted
        self.store.write(
            "INSERT INTO posthog_record (id, kind, project, source, schema_id, state, deleted, "
            "due, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "state = excluded.state, deleted = excluded.deleted, due = excluded.due, "
            "json = excluded.json",
            (
                item.id,
                item.kind,
                item.project,
                source,
                schema,
                state,
                deleted,
                item.due,
                json.dumps(vars(item)),
            ),
        )

    def source(self, source_id: str, project: int | None = None) -> Source | None:
        """A source that is not deleted, in one project or in any."""
        return self._one(Source, "id = ? AND deleted = 0", source_id, project)

    def schema(self, schema_id: str, project: int | None = None) -> Schema | None:
        return self._one(Schema, "id = ? AND deleted = 0", schema_id, project)

    def sources(self, project: int) -> list[Source]:
        """Newest first."""
        where = "project = ? AND deleted = 0 ORDER BY seq DESC"
        return list(self._all(Source, where, project))

    def schemas(self, project: int) -> list[Schema]:
        """Newest first."""
        where = "project = ? AND deleted = 0 ORDER BY seq DESC"
        return list(self._all(Schema, where, project))

    def schemas_of(self, source_id: str, deleted: bool = False) -> list[Schema]:
        """By name; with the deleted ones if asked for."""
        where = "source = ?" if deleted else "source = ? AND deleted = 0"
        return sorted(self._all(Schema, where, source_id), key=lambda schema: schema.name)

    def jobs_of(self, source_id: str) -> list[Job]:
        """Newest first."""
        found = self._all(Job, "source = ?", source_id)
        return sorted(found, key=lambda job: job.created_at, reverse=True)

    def last_completed(self, source_id: str) -> Job | None:
        where = "source = ? AND state = 'Completed' ORDER BY seq DESC LIMIT 1"
        return next(self._all(Job, where, source_id), None)

    def jobs_of_schema(self, schema_id: str, state: str) -> list[Job]:
        return list(self._all(Job, "schema_id = ? AND state = ?", schema_id, state))

    def next_due(self, now_ms: int) -> Source | Schema | Job | None:
        """What should have happened first, if anything."""
        row = self.store.row(
            "SELECT kind, json FROM posthog_record WHERE due <= ? ORDER BY due, seq LIMIT 1",
            (now_ms,),
        )
        if row is None:
            return None
        classes: dict[str, type[Source | Schema | Job]] = {
            "source": Source,
            "schema": Schema,
            "job": Job,
        }
        return classes[row[0]](**json.loads(row[1]))

    def put_setup(self, kind: str, name: str, content: Json) -> None:
        self.store.write(
            "INSERT OR REPLACE INTO posthog_setup VALUES (?, ?, ?)",
            (kind, name, json.dumps(content)),
        )

    def setup(self, kind: str) -> dict[str, Json]:
        """Projects, keys or connections, by name."""
        rows = self.store.rows("SELECT name, json FROM posthog_setup WHERE kind = ?", (kind,))
        return {name: json.loads(text) for name, text in rows}

    def _one(
        self, class_: type[Record], where: str, record_id: str, project: int | None
    ) -> Record | None:
        found = next(self._all(class_, where, record_id), None)
        if found is None or project is None or found.project == project:
            return found
        return None

    def _all(self, class_: type[Record], where: str, *parameters: Any) -> Iterator[Record]:
        rows = self.store.rows(
            f"SELECT json FROM posthog_record WHERE kind = ? AND {where}",
            (class_.kind, *parameters),
        )
        return (class_(**json.loads(row[0])) for row in rows)
