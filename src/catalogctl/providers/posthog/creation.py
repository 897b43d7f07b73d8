"""What a new source is made of. Pure.

One call makes the source with its schemas. It cannot carry everything (every schema starts at six
hours), and the server changes some of what it gets (a cursor's label becomes its column), so what
is not as planned afterwards is written in a second pass, as on any source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from catalogctl.model import Change, Declared, Desired, FieldChange, Secret, Value
from catalogctl.providers.posthog import inputs
from catalogctl.providers.posthog.identity import key_of, schema_of
from catalogctl.providers.posthog.mapping import wire_value

SCHEMA_KEYS = frozenset(
    {
        *("should_sync", "sync_type", "incremental_field", "incremental_field_type"),
        *("primary_key_columns", "sync_time_of_day", "cdc_table_mode", "enabled_columns"),
        *("row_filters", "incremental_field_lookback_seconds"),
    }
)
"""What a schema can be made with; older servers pass over some of it."""


def lacking(wanted: Iterable[Desired | Change]) -> str | None:
    """What these objects of one source lack to create it from; None when nothing."""
    objects = list(wanted)
    settings = any(
        inputs.path_in(path) for each in objects if _is_source(each) for path in _paths(each)
    )
    schemas = any(not _is_source(each) for each in objects)
    missing = [
        name for name, there in (("job_inputs", settings), ("schemas", schemas)) if not there
    ]
    if not missing:
        return None
    names = " and ".join(missing)
    return f"it is created from job_inputs and schemas, and no {names} are declared or selected"


def _is_source(each: Desired | Change) -> bool:
    return schema_of(each.address) is None


def _paths(each: Desired | Change) -> Iterable[str]:
    return each.fields if isinstance(each, Desired) else (field.path for field in each.fields)


def settings_of(source: Change, reveal: Callable[[str], str]) -> dict[str, Any]:
    """The settings of a new source as they are sent; the secrets in them are revealed."""
    declared = [(each.path, each.after) for each in _open(source) if inputs.path_in(each.path)]
    return inputs.nested(revealed(declared, reveal))


def body_of(
    source: Change, schemas: Sequence[Change], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The body that creates a source."""
    key = key_of(source.address)
    own: Mapping[str, Value] = {each.path: each.after for each in _open(source)}
    payload = {**settings, "schemas": [_schema(each) for each in schemas]}
    body: dict[str, Any] = {"source_type": key.source_type, "payload": payload}
    if key.prefix:
        body["prefix"] = key.prefix
    for path in ("description", "access_method"):
        if own.get(path):
            body[path] = own[path]
    return body


def revealed(
    settings: Iterable[tuple[str, Declared]], reveal: Callable[[str], str]
) -> list[tuple[str, Any]]:
    """Settings by their paths below `job_inputs`, ready to be sent."""
    return [
        (
            inputs.path_in(path) or path,
            reveal(value.reference) if isinstance(value, Secret) else value,
        )
        for path, value in settings
    ]


def _schema(change: Change) -> dict[str, Any]:
    made: dict[str, Any] = {"name": schema_of(change.address)}
    for each in _open(change):
        if each.path in SCHEMA_KEYS:
            made[each.path] = wire_value(each.path, each.after)
    return made


def _open(change: Change) -> list[FieldChange]:
    return [each for each in change.fields if each.outcome is None]
