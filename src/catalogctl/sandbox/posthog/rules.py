"""What a write to a schema is refused for, beyond the types of its fields.

The texts are those of the contract; where it gives only their beginning, the rest is inferred. What
is not refused matters as much: a cursor that the source does not have, a wrong type of it, or none
at all pass every PATCH in every era. Source: the contract's table of validation rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .call import BILLING, Call
from .errors import invalid
from .fields import MODES
from .kinds import MANAGED_COLUMNS, SOURCE_TYPES
from .records import Json, Schema, Source
from .times import FREQUENCIES, has_seconds_exactly
from .world import Table

CURSOR_FIELDS = (
    "incremental_field",
    "incremental_field_type",
    "primary_key_columns",
    "incremental_field_lookback_seconds",
)
CURSOR_TYPES = ("incremental", "append", "webhook")
"""Sync types that have a cursor of their own."""
KEYED_TYPES = (*CURSOR_TYPES, "cdc", "xmin")
LOCKED = (
    "Primary key cannot be changed after data has been synced. Delete the synced data first, then "
    "change the primary key."
)
NO_INTERVAL = (
    "This table has no sync frequency, so its sync cannot be scheduled. Set a sync frequency first."
)
SLOW_CDC = (
    "Change data capture keeps captured changes for 14 days, so this table must sync at least "
    "weekly. Choose Weekly or a shorter interval."
)
FAST = (
    "A 1-minute sync frequency is only available for CDC schemas. The fastest frequency for other "
    "sync types is 5 minutes."
)


class Rules:
    """The checks of one write; none of them changes anything."""

    def __init__(
        self, call: Call, source: Source, schema: Schema, sent: Json, raw: Mapping[str, Any]
    ) -> None:
        self.call, self.era = call, call.era
        self.source, self.schema, self.sent = source, schema, sent
        self._raw = raw
        """The body as sent, for the second look at times; empty in bulk."""
        self._table: Table | None = None
        self._asked = False

    @property
    def result_type(self) -> str | None:
        found: str | None = self.sent.get("sync_type", self.schema.sync_type)
        return found

    @property
    def turns_on(self) -> bool:
        return self.sent.get("should_sync") is True

    def table(self) -> Table | None:
        """What the source says about the table; asked at most once, ``None`` if it can't say."""
        if not self._asked:
            self._asked = True
            self._table = self.call.world.table_if_reachable(self.source, self.schema.name)
        return self._table

    def check(self) -> None:
        """The first rule that is broken ends the call."""
        checks: tuple[Callable[[], None], ...] = (
            self._type_is_set,
            self._cursor_comes_with_type,
            self._frequency_fits,
            self._schedule_has_interval,
            self._time_has_seconds,
            self._type_is_possible,
            self._key_may_change,
            self._key_exists,
            self._billing_allows,
            self._columns_exist,
            self._full_refresh_fits,
        )
        for check in checks:
            check()

    def _type_is_set(self) -> None:
        if (
            self.turns_on
            and self.result_type is None
            and "sync_type" not in self.sent
            and self.source.access_method != "direct"
        ):
            raise invalid("Sync type must be set up first before enabling schema")

    def _cursor_comes_with_type(self) -> None:
        """The newest era says what the older ones silently drop."""
        names = [name for name in CURSOR_FIELDS if name in self.sent]
        stored = self.schema.sync_type
        alone = names and "sync_type" not in self.sent
        if self.era.newest and alone and stored not in CURSOR_TYPES:
            raise invalid(
                f"{', '.join(names)} cannot be applied to a schema with sync type "
                f"{stored or 'not set'} on its own. Include sync_type in the same request to "
                "change the sync type."
            )

    def _frequency_fits(self) -> None:
        result, sent = self.result_type, self.sent.get("sync_frequency")
        interval = FREQUENCIES.get(sent or "", self.schema.interval or 0)
        if self.era.newest and result == "cdc" and interval > FREQUENCIES["7day"]:
            raise invalid(SLOW_CDC, "sync_frequency")
        touched = sent is not None or "sync_type" in self.sent
        if self.era.one_minute and touched and interval == FREQUENCIES["1min"] and result != "cdc":
            raise invalid(FAST)

    def _schedule_has_interval(self) -> None:
        moves = self.turns_on or "sync_time_of_day" in self.sent
        none = self.schema.interval is None and not self.sent.get("sync_frequency")
        if self.era.newest and moves and none:
            raise invalid(NO_INTERVAL, "sync_frequency")

    def _time_has_seconds(self) -> None:
        raw = self._raw.get("sync_time_of_day")
        if raw is not None and not has_seconds_exactly(raw):
            raise invalid("Invalid sync time of day")

    def _type_is_possible(self) -> None:
        result, sent = self.result_type, "sync_type" in self.sent
        if result == "cdc" and (sent or self.turns_on):
            self._change_capture_is_possible()
        if not sent:
            return
        if result == "xmin":
            self._xmin_is_possible()
        if self.era.probes_in_patch and result not in ("webhook", None):
            table = self.table()
            if table is not None and table.webhook_only:
                raise invalid(
                    f"{self.schema.name} can only be synced via webhooks — pick the Webhook sync "
                    "method."
                )

    def _change_capture_is_possible(self) -> None:
        project = self.call.records.setup("project")[str(self.call.project)]
        if not project.get("cdc", False):
            raise invalid("CDC is not enabled for this team")
        kind = self.source.source_type
        if self.era.newest and not SOURCE_TYPES[kind].change_capture:
            raise invalid(f"CDC is not supported for {kind} sources.")
        if not self.sent.get("primary_key_columns", self.schema.primary_key):
            raise invalid(
                f"CDC requires a primary key on table '{self.schema.name}'. Add one at the source "
                "or choose its columns."
            )

    def _xmin_is_possible(self) -> None:
        if self.source.source_type != "Postgres":
            raise invalid("xmin replication is only available for Postgres sources.")
        table = self.table()
        if table is not None and not table.xmin:
            name = self.schema.name
            raise invalid(
                f"xmin replication is not available for table '{name}'. It may be a view."
            )

    def _key_may_change(self) -> None:
        """Synced data locks the key, but not of append and webhook tables.

        The older eras count a first key as a change and never see a key without a sync type.
        """
        if "primary_key_columns" not in self.sent or self.schema.table is None:
            return
        old, new = self.schema.primary_key, self.sent["primary_key_columns"]
        result, with_type = self.result_type, "sync_type" in self.sent
        if result == "incremental" and (with_type or self.era.newest):
            if new != old and (old or not self.era.newest):
                raise invalid(LOCKED)
        elif result in ("cdc", "xmin") and with_type and new and new != old:
            raise invalid(LOCKED)

    def _key_exists(self) -> None:
        """Only the newest era asks the source about keys; a source that can't say skips this."""
        edits_key = "primary_key_columns" in self.sent
        becomes = self.sent.get("sync_type") == "incremental"
        if not self.era.newest or not (edits_key or becomes):
            return
        table = self.table()
        if table is None or not table.sql or not table.columns:
            return
        name = self.schema.name
        key = self.sent.get("primary_key_columns", self.schema.primary_key) or []
        unknown = [column for column in key if column not in table.columns]
        if unknown and edits_key:
            raise invalid(f"'{name}' has no column named {', '.join(unknown)} to merge on.")
        lacks = not key and not table.primary_key and "id" not in table.columns
        if lacks and self.result_type == "incremental":
            raise invalid(
                f"'{name}' has no primary key to sync incrementally on. Choose a primary key for "
                "it, or switch it to full table replication."
            )

    def _billing_allows(self) -> None:
        if self.adds_cdc_target and self.call.billing_paused():
            raise invalid(
                f"{BILLING} before changing the CDC table mode — a full re-snapshot would be "
                "required."
            )
        if self.crosses_xmin and self.call.billing_paused():
            raise invalid(
                f"{BILLING} before changing the sync type — a full re-sync would be required."
            )

    @property
    def adds_cdc_target(self) -> bool:
        """A new table to write to needs a new snapshot; dropping one of two needs none."""
        old = self.schema.config.get("cdc_table_mode") or MODES[0]
        new = self.sent.get("cdc_table_mode", old)
        stays = self.schema.sync_type == "cdc" == self.result_type
        return stays and new != old and old != "both"

    @property
    def crosses_xmin(self) -> bool:
        """To or from xmin, or away from a change capture that wrote no consolidated table."""
        old, new = self.schema.sync_type, self.result_type
        if not self.era.newest or old == new:
            return False
        history = old == "cdc" and self.schema.config.get("cdc_table_mode") == "cdc_only"
        return history or (old is not None and "xmin" in (old, new))

    def _columns_exist(self) -> None:
        chosen = self.sent.get("enabled_columns")
        if chosen is None:
            return
        if self.era.newest and self.source.source_type in MANAGED_COLUMNS:
            raise invalid("Column selection is not supported for this source type.")
        known = [column["name"] for column in self.schema.columns or []]
        unknown = [column for column in chosen if column not in known]
        if known and unknown:
            raise invalid(
                f"Unknown columns in enabled_columns: {unknown}. Run `Pull new schemas` to "
                "refresh available columns."
            )

    def _full_refresh_fits(self) -> None:
        """Which types may have one, and the words, are inferred."""
        days = self.sent.get("full_refresh_interval_days")
        if days is None:
            return
        if self.result_type not in ("incremental", "append", "xmin"):
            raise invalid(
                "A periodic full refresh is only available for incremental syncs.",
                "full_refresh_interval_days",
            )
        sent = self.sent.get("sync_frequency")
        if days * 86400 < FREQUENCIES.get(sent or "", self.schema.interval or 0):
            raise invalid(
                "The full refresh interval must not be shorter than the sync frequency.",
                "full_refresh_interval_days",
            )
