"""Creating a source, and the two calls that a person makes before.

Source: the contract's sections on creating a source, its rules, and its prefix.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from catalogctl.sandbox.wire import Response

from .call import Call, empty
from .discovery import apply_defaults, new_schema
from .errors import invalid, message
from .fields import choice, nullable, required, string
from .jobinputs import as_text, problem_of, stripped
from .kinds import SOURCE_TYPES, UNRELEASED, SourceType
from .records import Json, Source
from .rules import CURSOR_TYPES
from .schemas import cdc_available
from .times import DEFAULT_INTERVAL, FREQUENCIES, read_time
from .world import SourceProblem, Table, same_name

PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ACCESS_METHODS = ("warehouse", "direct")
CREATED_VIA = ("web", "api", "mcp")


@dataclass
class _Wanted:
    """A table that a create asks for, and what the source says about it."""

    entry: Json
    table: Table

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def enabled(self) -> bool:
        return bool(self.entry.get("should_sync"))


def create(call: Call) -> Response:
    """A new source; the answer is its id alone. Nothing stays of a refused one."""
    body = call.body()
    kind, source = _read(call, body)
    _check_prefix(call, source)
    call.check_billing()
    payload = stripped(body["payload"])
    given = payload.pop("schemas", None)
    problem = problem_of(kind, payload)
    if problem:
        raise message(f"Invalid source config: {problem}")
    source.job_inputs = as_text(payload)
    try:
        tables = call.world.discover(kind.name, source.job_inputs)
    except SourceProblem as unreachable:
        raise message(unreachable.raw) from unreachable
    wanted = _wanted(call, given, tables)
    for entry in wanted:
        _check(call, source, entry)
    call.records.save(source)
    for entry in wanted:
        _add(call, source, entry)
    return Response.json(201, {"id": source.id})


def _read(call: Call, body: Json) -> tuple[SourceType, Source]:
    for name in ("source_type", "payload"):
        if name not in body:
            raise required(name)
    name = choice([*SOURCE_TYPES, *UNRELEASED])(body["source_type"], "source_type")
    if not isinstance(body["payload"], dict):
        raise invalid("Expected an object.", "payload")
    method = choice(ACCESS_METHODS)(body.get("access_method", "warehouse"), "access_method")
    via = "api"
    if call.era.columns:
        via = choice(CREATED_VIA)(body.get("created_via", via), "created_via")
    if name not in SOURCE_TYPES:
        raise message(f"The {name} source isn't available to connect yet. Choose another type.")
    source = Source(
        id=str(uuid.uuid4()),
        project=call.project,
        source_type=name,
        created_at=call.runs.stamp(),
        source_id=str(uuid.uuid4()),
        created_by=call.key.email,
        created_via=via,
        prefix=nullable(string(100))(body.get("prefix"), "prefix") or None,
        description=nullable(string(400))(body.get("description"), "description"),
        access_method=method,
    )
    if call.era.newest:
        source.direct_query_enabled = bool(body.get("direct_query_enabled", False))
        source.next_discovery = call.runs.clock.now_ms() + DEFAULT_INTERVAL * 1000
    return SOURCE_TYPES[name], source


def _check_prefix(call: Call, source: Source) -> None:
    if source.access_method == "direct":
        if not SOURCE_TYPES[source.source_type].sql:
            raise message("Direct query is not supported for this source type.")
        if not source.prefix:
            raise message("Name is required for direct query sources")
        return
    check_prefix(call, source.source_type, source.prefix)


def check_prefix(call: Call, source_type: str, prefix: str | None) -> None:
    """A prefix must look like a name and be unique among the sources of its type, verbatim."""
    if prefix:
        bare = prefix.strip("_")
        if not bare:
            raise invalid("Prefix cannot consist of only underscores")
        if not PREFIX.fullmatch(bare):
            raise invalid(
                "Prefix must contain only letters, numbers, and underscores, and start with a "
                "letter or underscore"
            )
    taken = [
        other.prefix or ""
        for other in call.records.sources(call.project)
        if other.source_type == source_type and other.access_method == "warehouse"
    ]
    if call.era.newest and (prefix or "") in taken:
        if not prefix:
            raise message(
                "You already have a source of this type. Add a table prefix to tell them apart."
            )
        raise message(
            f"Another source of this type already uses the prefix '{prefix}'. Choose another one."
        )
    if not call.era.newest and taken:
        if not prefix:
            raise message("Source type already exists. Prefix is required")
        if prefix in taken:
            raise message("Prefix already exists")


def _wanted(call: Call, given: Any, tables: dict[str, Table]) -> list[_Wanted]:
    """Listed tables only; the newest era takes a missing list for all, with defaults."""
    if not given and call.era.newest and given in (None, []):
        return [_Wanted({"defaults": True}, table) for table in tables.values()]
    if given is None:
        raise message("Schemas not given")
    if not isinstance(given, list):
        raise message(
            "The 'schemas' field must be a list of the tables to sync."
            if call.era.newest
            else "Schemas not given"
        )
    found = []
    for entry in given:
        name = entry.get("name") if isinstance(entry, dict) else None
        table = next((t for t in tables.values() if name and same_name(t.name, str(name))), None)
        if table is None:
            raise message("Schemas given do not exist in source")
        found.append(_Wanted(dict(entry), table))
    return found


def _check(call: Call, source: Source, wanted: _Wanted) -> None:
    """Unlike a PATCH, a create wants the cursor of every enabled table that needs one."""
    entry = wanted.entry
    sync_type = entry.get("sync_type")
    if sync_type is not None and sync_type not in call.era.sync_types:
        allowed = ", ".join(call.era.sync_types)
        raise message(f"Unknown sync type: {sync_type}. Use one of: {allowed}")
    if wanted.enabled and sync_type in ("incremental", "append"):
        for name, text in (
            ("incremental_field", "field"),
            ("incremental_field_type", "field type"),
        ):
            if not entry.get(name):
                raise message(f"Incremental schemas given do not have an incremental {text} set")
    if not call.era.newest:
        return
    if sync_type == "cdc" and str(source.job_inputs.get("cdc_enabled")) != "True":
        raise message(
            "CDC must be enabled on the source before selecting it as a sync type. Create the "
            "source first."
        )
    table = wanted.table
    keyless = not entry.get("primary_key_columns") and not table.primary_key
    if sync_type == "incremental" and table.sql and keyless and "id" not in table.columns:
        raise message(
            f"Table '{wanted.name}' has no primary key to sync incrementally on. Choose one."
        )


def _add(call: Call, source: Source, wanted: _Wanted) -> None:
    """Six hours is every schema's first frequency: a create can't set another."""
    entry, table = wanted.entry, wanted.table
    row = new_schema(source, wanted.name, call.runs.stamp(), table)
    if entry.get("defaults"):
        apply_defaults(row, table)
        row.should_sync = True
    else:
        row.should_sync, row.sync_type = wanted.enabled, entry.get("sync_type")
        _configure(call, row.config, wanted)
        when = read_time(str(entry["sync_time_of_day"])) if entry.get("sync_time_of_day") else None
        row.time_of_day = when.isoformat() if when else None
        if call.era.columns:
            row.enabled_columns = entry.get("enabled_columns")
        if call.era.newest:
            row.row_filters = entry.get("row_filters")
    if row.should_sync and row.sync_type == "cdc":
        row.interval = FREQUENCIES["5min"]
    call.records.save(row)
    if row.should_sync and source.access_method == "warehouse":
        call.runs.ensure_schedule(row)


def _configure(call: Call, config: Json, wanted: _Wanted) -> None:
    """Cursor and key; a key that the source knows stands in for one that is not sent."""
    entry, table = wanted.entry, wanted.table
    key = entry.get("primary_key_columns") or table.primary_key
    if key:
        config["primary_key_columns"] = list(key)
    if entry.get("cdc_table_mode"):
        config["cdc_table_mode"] = entry["cdc_table_mode"]
    field = entry.get("incremental_field")
    if entry.get("sync_type") not in CURSOR_TYPES or not field:
        return
    config["incremental_field"] = field
    config["incremental_field_type"] = entry.get("incremental_field_type")
    lookback = "incremental_field_lookback_seconds"
    if call.era.newest:
        if lookback in entry:
            config[lookback] = entry[lookback]
        # A label is taken for the field that it shows, and the type becomes that field's.
        for cursor in table.cursors:
            if field in (cursor["field"], cursor["label"]):
                config["incremental_field"] = cursor["field"]
                config["incremental_field_type"] = cursor["field_type"]


def source_prefix(call: Call) -> Response:
    """Whether a prefix is free."""
    body = call.body()
    if body.get("access_method", "warehouse") == "warehouse":
        check_prefix(call, str(body.get("source_type")), body.get("prefix") or None)
    return empty()


def database_schema(call: Call) -> Response:
    """What a connection offers, before there is a source."""
    body = call.body()
    name = body.get("source_type")
    if not name:
        raise message("Missing required parameter: source_type")
    kind = SOURCE_TYPES.get(str(name))
    if kind is None:
        raise message(f"Unknown source type: {name}")
    inputs = {key: value for key, value in stripped(body).items() if key != "source_type"}
    problem = problem_of(kind, inputs)
    if problem:
        raise message(f"Invalid source config: {problem}")
    try:
        tables = call.world.discover(kind.name, as_text(inputs))
    except SourceProblem as unreachable:
        raise message(unreachable.raw) from unreachable
    source = Source("", call.project, kind.name, "", job_inputs=as_text(inputs))
    return Response.json(200, [_offer(call, source, kind, table) for table in tables.values()])


def _offer(call: Call, source: Source, kind: SourceType, table: Table) -> Json:
    cursors = table.cursors
    answer: Json = {
        "table": table.name,
        "label": table.doc.get("label"),
        "should_sync": False,
        "incremental_fields": cursors,
        "incremental_available": table.incremental,
        "append_available": table.appendable,
        "cdc_available": cdc_available(call, source, table),
        "incremental_field": cursors[0]["field"] if cursors else None,
        "sync_type": None,
        "rows": table.rows,
        "supports_webhooks": table.webhook,
        "webhook_only": table.webhook_only,
        "description": table.doc.get("description"),
        "should_sync_default": True,
        "available_columns": table.available_columns,
        "detected_primary_keys": table.primary_key,
        "permission_error": None,
        "rls_warning": None,
    }
    if call.era.newest:
        answer["xmin_available"] = table.xmin if kind.name == "Postgres" else None
        answer["primary_key_detection_supported"] = kind.sql
    return answer
