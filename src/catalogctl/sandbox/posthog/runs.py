"""Schedules and runs, which happen by the sandbox's clock.

Nothing runs in the background: before each call the server catches up with everything that was due
since the last one, in order of time. Source: the contract's sections on side effects, on reload,
resync and cancel, and its notes on how schedules are built; how long runs take and what they count
is the sandbox's own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from catalogctl.sandbox.clock import Clock

from . import times
from .eras import Era
from .errors import server_error
from .records import Job, Json, Records, Schema, Source
from .settings import Settings
from .world import SourceProblem, Table, World

MISSED_RUNS = 12
"""At most this many runs of a schedule are made up for after the clock was moved far ahead."""
CDC_WRITE_MODES = {
    "consolidated": ["incremental_merge"],
    "cdc_only": ["scd2_append"],
    "both": ["incremental_merge", "scd2_append"],
}
FULL_REFRESH_TYPES = (None, "full_refresh")


@dataclass
class Runs:
    records: Records
    world: World
    clock: Clock
    settings: Settings
    era: Era
    discover: Callable[[Source], None] | None = None
    """Called with a source when its periodic discovery is due; see ``discovery``."""
    _counter: int = 0

    def stamp(self, at_ms: int | None = None) -> str:
        """A moment, now unless given; moments differ even within a millisecond."""
        self._counter += 1
        now = self.clock.now_ms() if at_ms is None else at_ms
        return times.stamp(now * 1000 + self._counter % 1000)

    # Schedules

    def ensure_schedule(self, schema: Schema) -> bool:
        """Make or unpause a schedule; a new one starts its first run at once.

        Without an interval the real scheduler gets a TypeError, so the answer is a 500.
        """
        if schema.schedule is not None:
            self._call_scheduler()
            schema.schedule = {**schema.schedule, "paused": False}
            self._realign(schema)
            return False
        self._call_scheduler()
        self.reissue_from(schema, paused=False)
        self.start(schema)
        return True

    def reissue(self, schema: Schema) -> None:
        """Tell the schedule a new interval or time of day; no run starts."""
        self._call_scheduler()
        if schema.schedule is None:
            raise server_error()
        self.reissue_from(schema, paused=bool(schema.schedule["paused"]))

    def reissue_from(self, schema: Schema, paused: bool) -> None:
        if schema.interval is None:
            raise server_error()
        after = self.clock.now_ms()
        next_at = times.next_run(schema.id, schema.interval, schema.time_of_day, after)
        schema.schedule = {"paused": paused, "next_at": next_at}
        self.records.save(schema)

    def pause(self, schema: Schema) -> None:
        if schema.schedule is not None:
            self._call_scheduler()
            schema.schedule = {**schema.schedule, "paused": True}
            self.records.save(schema)

    def _realign(self, schema: Schema) -> None:
        """A schedule that was paused does not make up for what it missed."""
        assert schema.schedule is not None
        now = self.clock.now_ms()
        if schema.schedule["next_at"] <= now and schema.interval is not None:
            next_at = times.next_run(schema.id, schema.interval, schema.time_of_day, now)
            schema.schedule["next_at"] = next_at
        self.records.save(schema)

    def _call_scheduler(self) -> None:
        if self.settings.schedule_fails:
            raise server_error()

    # Runs

    def running(self, schema: Schema) -> list[Job]:
        return self.records.jobs_of_schema(schema.id, "Running")

    def start(self, schema: Schema, at_ms: int | None = None) -> None:
        """Start a run unless one goes on (overlapping runs are skipped, inferred)."""
        if not self.running(schema):
            at = self.clock.now_ms() if at_ms is None else at_ms
            table = self._table_seconds(schema)
            ends_at = None if self.settings.stuck else at + int(table * 1000)
            workflow = f"{schema.id}-{uuid.uuid4().hex[:8]}"
            for mode in self._write_modes(schema):
                self.records.save(
                    Job(
                        id=str(uuid.uuid4()),
                        project=schema.project,
                        source=schema.source,
                        schema=schema.id,
                        created_at=self.stamp(at),
                        workflow_run_id=workflow,
                        cdc_write_mode=mode,
                        ends_at=ends_at,
                    )
                )
        schema.status = "Running"
        self.records.save(schema)

    def _table_seconds(self, schema: Schema) -> float:
        source = self.records.source(schema.source)
        table = self.world.table_if_reachable(source, schema.name) if source else None
        seconds = table.doc.get("seconds") if table else None
        return float(self.settings.run_seconds if seconds is None else seconds)

    @staticmethod
    def _write_modes(schema: Schema) -> list[str | None]:
        if schema.sync_type != "cdc":
            return [None]
        mode = schema.config.get("cdc_table_mode") or "consolidated"
        return list(CDC_WRITE_MODES[mode])

    def resync(self, schema: Schema) -> None:
        """Drop what runs, forget how far imports got, import everything again."""
        for job in self.running(schema):
            self._end(job, "Failed", error=self._cancelled)
        schema.config["reset_pipeline"] = True
        self.start(schema)

    def cancel(self, schema: Schema) -> bool:
        """End what runs; there is no status for cancelled, such a run has failed."""
        running = self.running(schema)
        for job in running:
            self._end(job, "Failed", error=self._cancelled)
        if running:
            schema.status, schema.latest_error = "Failed", self._cancelled
            self.records.save(schema)
        return bool(running)

    @property
    def _cancelled(self) -> str:
        return "Sync cancelled by user" if self.era.newest else "Cancelled"

    def _end(
        self,
        job: Job,
        status: str,
        at_ms: int | None = None,
        rows: int = 0,
        error: str | None = None,
    ) -> None:
        job.status, job.latest_error, job.rows_synced = status, error, rows
        job.finished_at = self.stamp(at_ms)
        self.records.save(job)

    # Catching up

    def catch_up(self) -> None:
        """Let everything happen that was due until now."""
        now = self.clock.now_ms()
        if self.records.next_due(now) is None:
            return
        with self.records.store.transaction():
            while (event := self.records.next_due(now)) is not None:
                if isinstance(event, Job):
                    self._finish(event)
                elif isinstance(event, Schema):
                    self._fire(event, now)
                else:
                    self._rediscover(event, now)

    def _fire(self, schema: Schema, now: int) -> None:
        """A schedule's time has come; a deleted schema's schedule does nothing."""
        assert schema.schedule is not None
        interval = (schema.interval or times.DEFAULT_INTERVAL) * 1000
        at = schema.schedule["next_at"]
        missed = (now - at) // interval
        at += max(0, missed - MISSED_RUNS + 1) * interval
        schema.schedule["next_at"] = at + interval
        if schema.deleted or self.records.source(schema.source) is None:
            schema.schedule["paused"] = self.records.source(schema.source) is None
            self.records.save(schema)
        else:
            self.start(schema, at)

    def _rediscover(self, source: Source, now: int) -> None:
        source.next_discovery = now + times.DEFAULT_INTERVAL * 1000
        self.records.save(source)
        if self.discover is not None:
            self.discover(source)

    def _finish(self, job: Job) -> None:
        at = job.ends_at
        schema, source = self.records.schema(job.schema), self.records.source(job.source)
        if schema is None or source is None:
            self._end(job, "Completed", at)
            return
        try:
            table = self.world.table(source, schema.name)
            error = _run_error(schema, table)
        except SourceProblem as problem:
            table, error = None, problem.raw
        if table is None or error:
            self._end(job, "Failed", at, error=error)
            schema.status, schema.latest_error = "Failed", error
        else:
            rows = import_rows(schema, source, table)
            self._end(job, "Completed", at, rows)
            schema.status, schema.latest_error = "Completed", None
            schema.last_synced_at = self.stamp(at)
        self.records.save(schema)


def _run_error(schema: Schema, table: Table | None) -> str | None:
    """Why a run fails; a missing cursor is found only here, since no PATCH looks (inferred)."""
    if table is None:
        return f"Table {schema.name} does not exist at the source"
    if schema.sync_type in ("incremental", "append"):
        cursor = schema.config.get("incremental_field")
        if cursor is None:
            return "No incremental field is set"
        if cursor not in table.columns and cursor not in [c["field"] for c in table.cursors]:
            return f'column "{cursor}" does not exist'
    return table.doc.get("fails")


def import_rows(schema: Schema, source: Source, table: Table) -> int:
    """Fill the warehouse table as a successful run does; returns the rows it brought."""
    before = schema.table or {}
    reset = bool(schema.config.pop("reset_pipeline", False))
    anew = (
        reset
        or schema.sync_type in FULL_REFRESH_TYPES
        or schema.table is None
        or (schema.sync_type in ("incremental", "append") and last_value(schema) is None)
    )
    chosen = schema.enabled_columns
    if chosen is not None:
        chosen = [
            *chosen,
            *(schema.primary_key or []),
            *filter(None, [schema.config.get("incremental_field")]),
        ]
    schema.table = {
        "id": before.get("id") or str(uuid.uuid5(uuid.UUID(schema.id), "table")),
        "name": table_name(source, schema.name),
        "columns": table.warehouse_columns(chosen),
        "row_count": table.rows,
    }
    if schema.config.get("incremental_field"):
        schema.config["incremental_field_last_value"] = f"max of {table.rows} rows"
    return table.rows if anew else max(0, table.rows - int(before.get("row_count", 0)))


def last_value(schema: Schema) -> str | None:
    found: str | None = schema.config.get("incremental_field_last_value")
    return found


def table_name(source: Source, name: str) -> str:
    """``pg_public_orders`` for prefix "pg"; without a prefix the type stands in (inferred)."""
    first = (source.prefix or "").strip("_") or source.source_type
    return f"{first}_{name.replace('.', '_')}".lower()


def column_is_imported(table: Json | None, column: str | None) -> bool:
    """Whether the imported table has a greatest value of a column."""
    if table is None or not table["row_count"]:
        return False
    return column in [entry["name"] for entry in table["columns"]]
