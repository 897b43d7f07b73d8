"""What is read of PostHog's JSON. The names are the API's own; other keys are passed over.

Servers of different ages have different keys, and a key that is not there at all (`UNSET`) is a
field that the server lacks. Nothing is told from version numbers: PostHog has none. Three eras are
known of the public sources: 2026-05, 2026-06 and 2026-09.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from catalogctl.providers.posthog.identity import Key


class Era(str, Enum):
    """The age of a server, told from the keys of its sources."""

    FIRST = "2026-05"
    MIDDLE = "2026-06"
    NEWEST = "2026-09"


class Table(msgspec.Struct, frozen=True, gc=False):
    """What a schema was synced into; a schema without one holds no data."""

    name: str | None = None
    row_count: Any = None


class SchemaColumn(msgspec.Struct, frozen=True, gc=False):
    name: str


class Schema(msgspec.Struct, frozen=True):
    """A schema as a source shows it in full, or by itself."""

    id: str
    name: str
    should_sync: bool
    sync_type: str | None
    sync_frequency: str | None
    table: Table | None = None
    status: str | None = None
    latest_error: str | None = None
    incremental_field: str | UnsetType | None = UNSET
    incremental_field_type: str | UnsetType | None = UNSET
    sync_time_of_day: str | UnsetType | None = UNSET
    primary_key_columns: list[str] | UnsetType | None = UNSET
    cdc_table_mode: str | UnsetType | None = UNSET
    enabled_columns: list[str] | UnsetType | None = UNSET
    available_columns: list[SchemaColumn] | None = None
    row_filters: list[dict[str, Any]] | UnsetType | None = UNSET
    incremental_field_lookback_seconds: int | UnsetType | None = UNSET
    full_refresh_interval_days: int | UnsetType | None = UNSET
    full_refresh_time_of_day: str | UnsetType | None = UNSET
    api_version: str | UnsetType | None = UNSET

    @property
    def is_synced(self) -> bool:
        """Whether it holds data."""
        return self.table is not None

    @property
    def is_pristine(self) -> bool:
        """Whether it is as discovery leaves it."""
        return not self.should_sync and self.sync_type is None


class Listed(msgspec.Struct, frozen=True):
    """A source as the list shows it, as far as it is the same in all eras."""

    id: str
    source_type: str
    prefix: str | None = None
    access_method: str | None = None
    created_via: str | UnsetType | None = UNSET
    auto_sync_new_schemas: bool | UnsetType | None = UNSET

    @property
    def key(self) -> Key:
        """What specs call it. Unique but for direct sources."""
        return Key(self.source_type, self.prefix or "")

    @property
    def era(self) -> Era:
        if self.auto_sync_new_schemas is not UNSET:
            return Era.NEWEST
        return Era.FIRST if self.created_via is UNSET else Era.MIDDLE


class Source(Listed, frozen=True, kw_only=True):
    """A source in full. `job_inputs` are its settings, scalars as text, without any secret."""

    schemas: list[Schema]
    job_inputs: dict[str, Any] | None = None
    description: str | None = None
    direct_query_enabled: bool | UnsetType | None = UNSET
    auto_sync_schema_patterns: list[str] | UnsetType | None = UNSET
    supports_column_selection: bool | None = None

    @property
    def is_direct(self) -> bool:
        """Queried live instead of synced."""
        return self.access_method == "direct"

    def named(self, name: str) -> list[Schema]:
        """The schemas of that name; the server's database does not keep it to one."""
        return [schema for schema in self.schemas if schema.name == name]


class Page(msgspec.Struct, frozen=True):
    """A page of the list of sources."""

    count: int
    results: list[Listed]
    next: str | None = None


class Cursor(msgspec.Struct, frozen=True):
    """A column that can be a cursor. `field` and `field_type` are to be sent, `label` is shown."""

    field: str
    field_type: str
    label: str | None = None
    nullable: bool | None = None
    is_indexed: bool | None = None


class OfferedColumn(msgspec.Struct, frozen=True):
    field: str


class Offer(msgspec.Struct, frozen=True):
    """What a table can be synced by, as the source itself says (`incremental_fields`)."""

    incremental_fields: list[Cursor]
    incremental_available: bool | None = None
    append_available: bool | None = None
    cdc_available: bool | None = None
    full_refresh_available: bool | None = None
    xmin_available: bool | None = None
    supports_webhooks: bool | None = None
    webhook_only: bool | None = None
    available_columns: list[OfferedColumn] | None = None
    detected_primary_keys: list[str] | None = None
    primary_key_detection_supported: bool | None = None


class TableOffer(Offer, frozen=True, kw_only=True):
    """The same of a table of a source that is still to be created (`database_schema`)."""

    table: str


class InputField(msgspec.Struct, frozen=True):
    """A setting of a type of source. What lies below `fields` and `options` is inferred."""

    name: str
    type: str | None = None
    secret: bool | None = None
    required: bool | None = None
    fields: list[InputField] | None = None
    options: list[InputOption] | None = None

    @property
    def is_secret(self) -> bool:
        return bool(self.secret) or self.type in ("password", "file-upload")


class InputOption(msgspec.Struct, frozen=True):
    """One choice of a setting, with the settings that it brings along."""

    fields: list[InputField] | None = None


class SourceType(msgspec.Struct, frozen=True):
    """A type of source as the form for a new one shows it (`wizard`)."""

    fields: list[InputField] | None = None
    unreleasedSource: bool | None = None
