"""Sources and schemas as PostHog shows them, small."""

from __future__ import annotations

from typing import Any

import msgspec

from catalogctl.model import Action, Address, Change, FieldChange
from catalogctl.providers.posthog.case import Case
from catalogctl.providers.posthog.wire import Era, Schema, Source

TABLE = {"id": "t1", "name": "prod_orders", "row_count": 3}
_FIRST = {
    "label": None,
    "table": None,
    "last_synced_at": None,
    "latest_error": None,
    "incremental": False,
    "status": None,
    "sync_type": None,
    "incremental_field": None,
    "incremental_field_type": None,
    "sync_frequency": "6hour",
    "sync_time_of_day": None,
    "description": None,
    "primary_key_columns": None,
    "cdc_table_mode": "consolidated",
}
_NEWEST = {
    "incremental_field_lookback_seconds": None,
    "full_refresh_interval_days": None,
    "full_refresh_time_of_day": None,
    "row_filters": None,
    "api_version": None,
}


def wire_schema(era: Era = Era.NEWEST, **fields: Any) -> dict[str, Any]:
    """The keys that a server of that era answers."""
    known = {"id": "s1", "name": "orders", "should_sync": False, **_FIRST}
    if era is not Era.FIRST:
        known["enabled_columns"] = None
    if era is Era.NEWEST:
        known |= _NEWEST
    return {**known, **fields}


def schema(era: Era = Era.NEWEST, **fields: Any) -> Schema:
    return msgspec.convert(wire_schema(era, **fields), Schema)


def source(*schemas: Any, era: Era = Era.NEWEST, **fields: Any) -> Source:
    known = {"id": "x1", "source_type": "Postgres", "prefix": "prod_", "access_method": "warehouse"}
    if era is not Era.FIRST:
        known["created_via"] = "api"
    if era is Era.NEWEST:
        known |= {"auto_sync_new_schemas": False, "direct_query_enabled": False}
        known |= {"auto_sync_schema_patterns": None}
    inputs = {"host": "db", "port": "5432"}
    return msgspec.convert(
        {**known, "job_inputs": inputs, **fields, "schemas": list(schemas)}, Source
    )


def address(identity: str = "Postgres/prod_#orders") -> Address:
    return Address("posthog", "DataSource", identity)


def change(identity: str = "Postgres/prod_#orders", /, **after: Any) -> Change:
    """What changes; a double underscore stands for the dot of a path."""
    fields = tuple(
        FieldChange(path.replace("__", "."), before=None, after=value)
        for path, value in sorted(after.items())
    )
    return Change(address(identity), Action.UPDATE, fields)


def case(live: Schema | None, /, era: Era = Era.NEWEST, **after: Any) -> Case:
    return Case(change(**after), live, era)
