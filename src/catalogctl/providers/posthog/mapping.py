"""PostHog's words and the spec's words, in both directions. Pure.

Fields have the API's own names, so what differs is small: an empty text is `null` on the wire, a
list is a tuple, a row filter is its canonical JSON, a time of day has seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from catalogctl import diff
from catalogctl.model import Address, Declared, FieldChange, Members, Observed, Secret, Value
from catalogctl.providers.posthog import inputs
from catalogctl.providers.posthog.identity import key_of, schema_of
from catalogctl.providers.posthog.wire import Era, Schema, Source

CURSOR_TYPES = ("incremental", "append", "webhook")
KEPT_BY: Mapping[str, tuple[str, ...]] = {
    "incremental_field": CURSOR_TYPES,
    "incremental_field_type": CURSOR_TYPES,
    "incremental_field_lookback_seconds": ("incremental",),
    "primary_key_columns": (*CURSOR_TYPES, "cdc", "xmin"),
    "cdc_table_mode": ("cdc",),
}
"""The sync types with which the server keeps a field; with others it drops it without a word."""
WITH_TYPE = tuple(path for path in KEPT_BY if path != "cdc_table_mode")
"""Fields that must not travel without `sync_type`: older servers drop them, newer ones refuse."""
TIMES = ("sync_time_of_day", "full_refresh_time_of_day")
SCHEMA_FIELDS = (
    *("should_sync", "sync_type", "sync_frequency", "enabled_columns", "row_filters"),
    *(*KEPT_BY, *TIMES, "full_refresh_interval_days", "api_version"),
)
SOURCE_FIELDS = (
    *("description", "access_method", "direct_query_enabled"),
    *("auto_sync_new_schemas", "auto_sync_schema_patterns"),
)
_BULK = (
    *("should_sync", "sync_type", "incremental_field", "incremental_field_type"),
    *("sync_frequency", "sync_time_of_day", "cdc_table_mode"),
)
BULK_FIELDS: Mapping[Era, frozenset[str]] = {
    Era.FIRST: frozenset(_BULK),
    Era.MIDDLE: frozenset((*_BULK, "enabled_columns")),
    Era.NEWEST: frozenset(
        (
            *(*_BULK, "enabled_columns", "primary_key_columns", "row_filters"),
            "full_refresh_interval_days",
        )
    ),
}
"""What `bulk_update_schemas` takes; anything else it drops without a word."""
_TIME = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Live:
    """What there is of a source: itself, or nothing; `problem` says why it cannot be told."""

    source: Source | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Handle:
    """What writing needs of an object that was read."""

    source: Source
    schema: Schema | None = None


def time_of_day(text: str) -> str:
    """`2:30` -> `02:30:00`, as the server stores it; fractions of a second are nothing to it."""
    found = _TIME.fullmatch(text)
    return ":".join(f"{int(part or 0):02}" for part in found.groups()) if found else text


def canonical(row_filter: Mapping[str, Any]) -> str:
    """A row filter as specs hold it: JSON with sorted keys and no spaces."""
    return json.dumps(row_filter, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# -- from the wire


def observed(
    address: Address,
    declared: Mapping[str, Declared],
    live: Live,
    *,
    lacking: str | None,
    comparing: bool = False,
) -> Observed:
    """A source or a schema as the server has it, with the declared fields.

    `lacking` says what is missing to create the source, if it is not there; None when it can be
    created. `comparing` leaves out what is no difference because the server ignores it.
    """
    name, key = schema_of(address), key_of(address)
    if live.problem is not None:
        return _absent(address, live.problem)
    if live.source is None:
        said = f"PostHog has no {key.said}"
        return _absent(address, f"{said}; {lacking}" if lacking else said, creatable=not lacking)
    source = live.source
    if name is None:
        fields, missing = _source_fields(source, declared)
        return Observed(address, fields, missing=missing, handle=Handle(source))
    schemas = source.named(name)
    if len(schemas) > 1:
        ids = ", ".join(each.id for each in schemas)
        return _absent(address, f"two schemas of this source are called {name}: ids {ids}")
    if not schemas and (other := same_table(name, source)) is not None:
        return _absent(address, f"this source calls it {other}")
    if not schemas:
        said = "PostHog has not discovered it yet; applying asks the source for it"
        return _absent(address, said, creatable=True, handle=Handle(source))
    fields, missing = _schema_fields(schemas[0], declared, comparing)
    return Observed(
        address,
        fields,
        missing=missing,
        pristine=schemas[0].is_pristine,
        handle=Handle(source, schemas[0]),
    )


def same_table(name: str, source: Source) -> str | None:
    """The table under its other name: with and without a namespace it is one to discovery."""
    bare = name.rpartition(".")[2]
    return next(
        (
            each.name
            for each in source.schemas
            if each.name.rpartition(".")[2] == bare and (name == bare) != (each.name == bare)
        ),
        None,
    )


def _absent(
    address: Address, why: str, *, creatable: bool = False, handle: Handle | None = None
) -> Observed:
    missing = {"": why}
    return Observed(address, exists=False, missing=missing, creatable=creatable, handle=handle)


def _source_fields(
    source: Source, declared: Mapping[str, Declared]
) -> tuple[dict[str, Value], dict[str, str]]:
    fields: dict[str, Value] = {}
    missing: dict[str, str] = {}
    for path, wanted in declared.items():
        setting = inputs.path_in(path)
        if setting is not None:
            fields[path] = inputs.held(source.job_inputs, setting, wanted)
        elif path == "source_type":
            fields[path] = source.source_type
        else:
            _take(source, path, wanted, fields, missing)
    return fields, missing


def _schema_fields(
    schema: Schema, declared: Mapping[str, Declared], comparing: bool
) -> tuple[dict[str, Value], dict[str, str]]:
    fields: dict[str, Value] = {}
    missing: dict[str, str] = {}
    ignored = _ignored(schema, declared, comparing)
    for path, wanted in declared.items():
        if path == "name":
            fields[path] = schema.name
        elif path in ignored and getattr(schema, path) is not UNSET:
            fields[path] = _plain(wanted)
        else:
            _take(schema, path, wanted, fields, missing)
    return fields, missing


def _ignored(schema: Schema, declared: Mapping[str, Declared], comparing: bool) -> frozenset[str]:
    """Fields that the server keeps but does not use, so that a difference is none.

    In a plan a key is never among them: it is kept, shown, and used again. Where the sync type
    itself is to change, a cursor that the new one would drop is a contradiction, and shown. What
    is applied with such a sync type all the same takes an earlier change back.
    """
    wanted = declared.get("sync_type", schema.sync_type) or None
    unused = frozenset(path for path, types in KEPT_BY.items() if wanted not in types)
    if not comparing:
        return unused if "sync_type" in declared else frozenset()
    changes = wanted != schema.sync_type
    return frozenset(
        path
        for path in unused
        if path != "primary_key_columns" and (path == "cdc_table_mode" or not changes)
    )


def _take(
    live: Source | Schema,
    path: str,
    wanted: Declared,
    fields: dict[str, Value],
    missing: dict[str, str],
) -> None:
    value = getattr(live, path, UNSET)
    if value is UNSET:
        fields[path], missing[path] = None, lacks(path)
    else:
        fields[path] = value_of(path, value, wanted)


def lacks(path: str) -> str:
    return f"this PostHog has no {path}"


def value_of(path: str, value: Any, wanted: Declared = None) -> Value:
    """A field's value in the spec's words. No list is an empty one for those who declare that."""
    if value is None:
        if isinstance(wanted, bool):
            return False
        return () if wanted == () and path != "enabled_columns" else None
    if path == "row_filters":
        return tuple(canonical(each) for each in value)
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    if path in TIMES:
        return time_of_day(str(value))
    known: Value = value
    return known


# -- to the wire


def wire_value(path: str, value: Value) -> Any:
    """A field's value as it is sent; that of a secret is not known here."""
    if isinstance(value, Secret):
        raise TypeError(f"{path} is a secret")
    if path == "row_filters":
        return [json.loads(each) for each in value] if isinstance(value, tuple) else []
    if value == "" or value is None or (value == () and path == "primary_key_columns"):
        return None
    return list(value) if isinstance(value, tuple) else value


def patch_of(due: Iterable[FieldChange], schema: Schema) -> dict[str, Any]:
    """The body that makes these changes: just them, since to send a key is to write it."""
    body = {each.path: wire_value(each.path, each.after) for each in due if each.path != "name"}
    if "sync_type" not in body and any(path in body for path in WITH_TYPE):
        body["sync_type"] = schema.sync_type
    return body


def still_due(fields: Iterable[FieldChange], seen: Observed) -> list[FieldChange]:
    """Of planned fields those that the server does not hold yet, and could."""
    return [
        each
        for each in fields
        if each.outcome is None
        and each.path not in seen.missing
        and not diff.same(seen.fields.get(each.path), each.after)
    ]


def declared_of(fields: Sequence[FieldChange]) -> dict[str, Declared]:
    """What a change declares, as far as it declares anything."""
    return {each.path: each.after for each in fields}


def _plain(wanted: Declared) -> Value:
    return wanted.names if isinstance(wanted, Members) else wanted
