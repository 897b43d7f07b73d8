"""Sources, schemas and jobs as answers show them.

Source: the contract's sections on response bodies and on jobs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .eras import Era
from .jobinputs import shown
from .kinds import MANAGED_COLUMNS, SOURCE_TYPES
from .records import Job, Json, Records, Schema, Source
from .times import frequency_name, read_moment

LABELS = {
    "BillingLimitReached": "Billing limits",
    "BillingLimitTooLow": "Billing limits too low",
}
"""Friendly names of stored statuses; those of jobs differ by one letter."""
JOB_LABELS = {
    "BillingLimitReached": "Billing limits",
    "BillingLimitTooLow": "Billing limit too low",
}
TRIMMED = [
    "id",
    "name",
    "label",
    "should_sync",
    "status",
    "sync_type",
    "last_synced_at",
    "sync_frequency",
    "latest_error",
    "table",
]
ACCESS = "editor"


def schema_json(
    era: Era, schema: Schema, time_echo: str | None = None, source: Source | None = None
) -> Json:
    """A schema in full; stored cursor, key and mode are shown whatever the sync type is.

    ``time_echo`` is a time of day as it was sent, which a PATCH repeats; a GET has it normalised.
    """
    config = schema.config
    full: Json = {
        "id": schema.id,
        "name": schema.name,
        "label": schema.label,
        "table": _table(era, schema.table),
        "should_sync": schema.should_sync,
        "last_synced_at": schema.last_synced_at,
        "latest_error": schema.latest_error,
        "incremental": schema.sync_type == "incremental",
        "status": _label(schema.status),
        "sync_type": schema.sync_type,
        "incremental_field": config.get("incremental_field"),
        "incremental_field_type": config.get("incremental_field_type"),
        "sync_frequency": frequency_name(schema.interval),
        "sync_time_of_day": time_echo or schema.time_of_day,
        "description": schema.description,
        "primary_key_columns": config.get("primary_key_columns"),
        "cdc_table_mode": config.get("cdc_table_mode") or "consolidated",
        "enabled_columns": schema.enabled_columns,
        "available_columns": schema.columns or [],
        "source": _summary(era, source) if source else None,
        "incremental_field_lookback_seconds": config.get("incremental_field_lookback_seconds"),
        "full_refresh_interval_days": schema.full_refresh_interval_days,
        "full_refresh_time_of_day": schema.full_refresh_time_of_day,
        "next_full_refresh_at": _next_full_refresh(schema),
        "incremental_sync_blocked": _blocked(schema),
        "row_filters": schema.row_filters,
        "row_filter_columns": [column["name"] for column in schema.columns or []],
        "source_column_metadata_available": schema.columns is not None,
        "api_version": schema.api_version,
        "api_version_deprecation": None,
        "user_access_level": ACCESS,
    }
    return {key: full[key] for key in era.schema_keys}


def _table(era: Era, table: Json | None) -> Json | None:
    if table is None or not era.newest:
        return table
    return {**table, "hogql_name": table["name"], "user_access_level": ACCESS}


def _label(status: str | None) -> str | None:
    return LABELS.get(status, status) if status else None


def _next_full_refresh(schema: Schema) -> str | None:
    """Counted from the last sync (inferred)."""
    if schema.full_refresh_interval_days is None or schema.last_synced_at is None:
        return None
    due = read_moment(schema.last_synced_at) + timedelta(days=schema.full_refresh_interval_days)
    return due.isoformat().replace("+00:00", "Z")


def _blocked(schema: Schema) -> str | None:
    """A table without a key and without an ``id`` can't be merged into."""
    names = [column["name"] for column in schema.columns or []]
    if schema.sync_type != "incremental" or schema.primary_key or not names or "id" in names:
        return None
    return "missing_primary_key"


def _summary(era: Era, source: Source) -> Json:
    """The source inside a single schema, which only a retrieve shows."""
    chooses = _chooses_columns(source)
    base = {
        "id": source.id,
        "source_type": source.source_type,
        "supports_column_selection": chooses,
        "user_access_level": ACCESS,
    }
    if not era.newest:
        return base
    return {
        **base,
        "access_method": source.access_method,
        "supports_row_filters": SOURCE_TYPES[source.source_type].sql,
        "requires_exact_column_metadata": False,
        "api_version": None,
        "supported_api_versions": [],
    }


def _chooses_columns(source: Source) -> bool:
    return source.source_type not in MANAGED_COLUMNS


def source_json(
    era: Era,
    records: Records,
    source: Source,
    *,
    trimmed: bool = False,
    inputs: Json | None = None,
) -> Json:
    """A source with its schemas by name; ``trimmed`` is the newest era's form in lists.

    ``inputs`` are settings as they were sent, which a PATCH repeats from memory: numbers and
    truth values that the next GET shows as text (inferred).
    """
    schemas = records.schemas_of(source.id)
    kind = SOURCE_TYPES.get(source.source_type)
    full: Json = {
        "id": source.id,
        "created_at": source.created_at,
        "created_by": source.created_by,
        "created_via": source.created_via,
        "status": _derived_status(era, source, schemas),
        "source_type": source.source_type,
        "latest_error": next((s.latest_error for s in schemas if s.latest_error), None),
        "prefix": source.prefix,
        "description": source.description,
        "access_method": source.access_method,
        "engine": _engine(source),
        "last_run_at": _last_run(records, source),
        "schemas": [
            _trim(era, schema) if trimmed else schema_json(era, schema) for schema in schemas
        ],
        "job_inputs": shown(source.source_type, source.job_inputs if inputs is None else inputs),
        "revenue_analytics_config": {"enabled": False, "include_invoiceless_charges": True},
        "user_access_level": ACCESS,
        "supports_webhooks": kind is not None and kind.webhook_fields is not None,
        "supports_column_selection": _chooses_columns(source),
        "direct_query_enabled": source.direct_query_enabled,
        "auto_sync_new_schemas": source.auto_sync_new_schemas,
        "auto_sync_schema_patterns": source.auto_sync_schema_patterns,
        "api_version": None,
        "api_version_deprecation": None,
    }
    return {key: full[key] for key in era.source_keys}


def _trim(era: Era, schema: Schema) -> Json:
    full = schema_json(era, schema)
    trimmed = {key: full[key] for key in TRIMMED}
    if schema.table is not None:
        trimmed["table"] = {key: schema.table[key] for key in ("id", "name", "row_count")}
    return trimmed


def _derived_status(era: Era, source: Source, schemas: list[Schema]) -> str:
    """The first that applies: failures and billing of enabled schemas, then what others do."""
    enabled = [schema for schema in schemas if schema.should_sync]
    counted = enabled if era.name != "2026-05" else schemas
    if any(schema.status == "Failed" for schema in counted):
        return "Failed"
    for stored, label in LABELS.items():
        if any(schema.status == stored for schema in enabled):
            return label
    seen = [schema.status for schema in schemas if schema.should_sync or schema.latest_error]
    return next((s for s in ("Paused", "Running", "Completed") if s in seen), source.status)


def _engine(source: Source) -> str | None:
    return source.source_type.lower() if source.access_method == "direct" else None


def _last_run(records: Records, source: Source) -> str | None:
    """Of the newest completed job, in the other of the two spellings of UTC."""
    found = records.last_completed(source.id)
    return found.created_at.replace("Z", "+00:00") if found else None


def job_json(era: Era, job: Job, schema: Schema | None) -> Json:
    full: dict[str, Any] = {
        "id": job.id,
        "created_at": job.created_at,
        "created_by": None,
        "finished_at": job.finished_at,
        "status": JOB_LABELS.get(job.status, job.status),
        "schema": schema
        and {
            "id": schema.id,
            "name": schema.name,
            "label": schema.label,
            "should_sync": schema.should_sync,
            "last_synced_at": schema.last_synced_at,
            "sync_type": schema.sync_type,
        },
        "rows_synced": job.rows_synced,
        "latest_error": job.latest_error,
        "workflow_run_id": job.workflow_run_id,
        "cdc_write_mode": job.cdc_write_mode,
        "billable": True,
        "destination_ids": [],
    }
    return {key: full[key] for key in era.job_keys}
