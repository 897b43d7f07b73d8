"""What differs between the three eras of the server that the contract knows.

``2026-05`` is the state that the published documentation describes, ``2026-09`` the newest one
read, ``2026-06`` lies between. Where the contract leaves the middle era open, it behaves here as
the older one does, which is the stricter choice for a client.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_KEYS = [
    "id",
    "name",
    "label",
    "table",
    "should_sync",
    "last_synced_at",
    "latest_error",
    "incremental",
    "status",
    "sync_type",
    "incremental_field",
    "incremental_field_type",
    "sync_frequency",
    "sync_time_of_day",
    "description",
    "primary_key_columns",
    "cdc_table_mode",
]
SCHEMA_KEYS_JUNE = [*SCHEMA_KEYS, "enabled_columns", "available_columns", "source"]
SCHEMA_KEYS_SEPTEMBER = [
    *SCHEMA_KEYS_JUNE,
    *[
        "incremental_field_lookback_seconds",
        "full_refresh_interval_days",
        "full_refresh_time_of_day",
        "next_full_refresh_at",
        "incremental_sync_blocked",
        "row_filters",
        "row_filter_columns",
        "source_column_metadata_available",
        "api_version",
        "api_version_deprecation",
        "user_access_level",
    ],
]
SOURCE_KEYS = [
    "id",
    "created_at",
    "created_by",
    "status",
    "source_type",
    "latest_error",
    "prefix",
    "description",
    "access_method",
    "engine",
    "last_run_at",
    "schemas",
    "job_inputs",
    "revenue_analytics_config",
    "user_access_level",
    "supports_webhooks",
]
SOURCE_KEYS_JUNE = [
    *SOURCE_KEYS[:3],
    "created_via",
    *SOURCE_KEYS[3:],
    "supports_column_selection",
]
SOURCE_KEYS_SEPTEMBER = [
    *SOURCE_KEYS_JUNE,
    *[
        "direct_query_enabled",
        "auto_sync_new_schemas",
        "auto_sync_schema_patterns",
        "api_version",
        "api_version_deprecation",
    ],
]
PATCH_FIELDS = [
    "should_sync",
    "sync_type",
    "incremental_field",
    "incremental_field_type",
    "sync_frequency",
    "sync_time_of_day",
    "primary_key_columns",
    "cdc_table_mode",
]
PATCH_FIELDS_SEPTEMBER = [
    *PATCH_FIELDS,
    *[
        "enabled_columns",
        "row_filters",
        "incremental_field_lookback_seconds",
        "full_refresh_interval_days",
        "full_refresh_time_of_day",
        "api_version",
    ],
]
BULK_FIELDS = [
    "should_sync",
    "sync_type",
    "incremental_field",
    "incremental_field_type",
    "sync_frequency",
    "sync_time_of_day",
    "cdc_table_mode",
]
BULK_FIELDS_SEPTEMBER = [
    *BULK_FIELDS,
    *[
        "enabled_columns",
        "primary_key_columns",
        "row_filters",
        "full_refresh_interval_days",
        "apply_sync_defaults",
    ],
]
JOB_KEYS = [
    "id",
    "created_at",
    "created_by",
    "finished_at",
    "status",
    "schema",
    "rows_synced",
    "latest_error",
    "workflow_run_id",
]
SYNC_TYPES = ("full_refresh", "incremental", "append", "webhook", "cdc")
FIELD_TYPES = ("integer", "numeric", "datetime", "date", "timestamp", "objectid")


@dataclass(frozen=True)
class Era:
    """The answers of one era; each flag says what the newer behaviour is."""

    name: str
    schema_keys: tuple[str, ...]
    source_keys: tuple[str, ...]
    job_keys: tuple[str, ...]
    patch_fields: tuple[str, ...]
    bulk_fields: tuple[str, ...]
    sync_types: tuple[str, ...] = SYNC_TYPES
    field_types: tuple[str, ...] = FIELD_TYPES
    one_minute: bool = False
    """``1min`` is a frequency, for change capture only."""
    columns: bool = False
    """Columns can be chosen, and a schema shows those that the source has."""
    probes_in_patch: bool = False
    """A PATCH with a ``sync_type`` asks the source what the table offers."""
    guards_host: bool = False
    """A new host needs the secrets again."""
    newest: bool = False
    """What came last: a bare cursor is stored or refused instead of dropped, ``never`` is refused,
    schedules are mended instead of failing after the save, a first key may be set on synced data,
    bulk works with an API key and saves schema by schema, lists of sources are trimmed, one
    unprefixed source of a type may stand beside prefixed ones, schemas can't be posted, discovery
    runs every six hours."""


ERAS = {
    "2026-05": Era(
        "2026-05",
        tuple(SCHEMA_KEYS),
        tuple(SOURCE_KEYS),
        tuple(JOB_KEYS),
        tuple(PATCH_FIELDS),
        tuple(BULK_FIELDS),
    ),
    "2026-06": Era(
        "2026-06",
        tuple(SCHEMA_KEYS_JUNE),
        tuple(SOURCE_KEYS_JUNE),
        (*JOB_KEYS, "cdc_write_mode"),
        (*PATCH_FIELDS, "enabled_columns"),
        (*BULK_FIELDS, "enabled_columns"),
        one_minute=True,
        columns=True,
        probes_in_patch=True,
        guards_host=True,
    ),
    "2026-09": Era(
        "2026-09",
        tuple(SCHEMA_KEYS_SEPTEMBER),
        tuple(SOURCE_KEYS_SEPTEMBER),
        (*JOB_KEYS, "cdc_write_mode", "billable", "destination_ids"),
        tuple(PATCH_FIELDS_SEPTEMBER),
        tuple(BULK_FIELDS_SEPTEMBER),
        sync_types=(*SYNC_TYPES, "xmin"),
        field_types=(*FIELD_TYPES, "xid"),
        columns=True,
        probes_in_patch=True,
        guards_host=True,
        newest=True,
    ),
}
DEFAULT = "2026-09"
