"""One write to a schema: checked, then saved, then told to the scheduler.

The order is the server's, and it shows: a scheduler that fails makes the answer a 500 although the
row was saved. Source: the contract's table of side effects of a PATCH.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .call import Call
from .discovery import apply_defaults
from .errors import invalid, server_error
from .records import Json, Schema, Source
from .rules import CURSOR_TYPES, KEYED_TYPES, Rules
from .runs import column_is_imported, last_value
from .times import FREQUENCIES
from .webhooks import WebhookFailed, register

COLUMNS = (
    "row_filters",
    "full_refresh_interval_days",
    "full_refresh_time_of_day",
    "api_version",
    "enabled_columns",
)


class Change:
    """What one body does to one schema."""

    def __init__(
        self,
        call: Call,
        source: Source,
        schema: Schema,
        sent: Json,
        raw: Mapping[str, Any] | None = None,
    ) -> None:
        self.call, self.source, self.schema, self.sent = call, source, schema, sent
        self.rules = Rules(call, source, schema, sent, raw or {})
        self._was_enabled = schema.should_sync
        self._old_type = schema.sync_type
        self._moved = False
        self._resync = False

    def check(self) -> None:
        self.rules.check()

    def save(self) -> None:
        """Write the row."""
        if self.schema.name in self.call.settings.unsaveable:
            raise server_error()
        schema, sent = self.schema, self.sent
        self._resync = (self.rules.adds_cdc_target and schema.table is not None) or (
            self.rules.crosses_xmin and sent.get("should_sync", schema.should_sync)
        )
        if self.rules.crosses_xmin:
            schema.config["reset_pipeline"] = True
        if sent.get("apply_sync_defaults"):
            self._apply_defaults()
        self._save_cursor()
        schema.sync_type = sent.get("sync_type", schema.sync_type)
        schema.should_sync = sent.get("should_sync", schema.should_sync)
        if "cdc_table_mode" in sent:
            schema.config["cdc_table_mode"] = sent["cdc_table_mode"]
        for name in COLUMNS:
            if name in sent:
                setattr(schema, name, sent[name])
        self._save_timing()
        self._enter_change_capture()
        self.call.records.save(schema)

    def _apply_defaults(self) -> None:
        """In bulk, for a schema that has no sync type and is sent none."""
        table = self.rules.table()
        if self.rules.result_type is None and "sync_type" not in self.sent and table is not None:
            apply_defaults(self.schema, table)

    def _save_cursor(self) -> None:
        """Store cursor and key, or drop them without a word.

        Full refresh drops both in every era. The two older eras drop them also when the body has no
        sync type, even if the stored type would have a use for them.
        """
        schema, sent = self.schema, self.sent
        result = self.rules.result_type
        if "sync_type" not in sent and not self.call.era.newest:
            return
        if "primary_key_columns" in sent and result in KEYED_TYPES:
            schema.config["primary_key_columns"] = sent["primary_key_columns"]
        if result not in CURSOR_TYPES:
            return
        lookback = "incremental_field_lookback_seconds"
        if lookback in sent and result == "incremental":
            schema.config[lookback] = sent[lookback]
        # Null cursor fields are ignored for webhooks, where a cursor is no setting (newest era).
        keeps_null = not (self.call.era.newest and result == "webhook")
        if "incremental_field_type" in sent and (sent["incremental_field_type"] or keeps_null):
            schema.config["incremental_field_type"] = sent["incremental_field_type"]
        if "incremental_field" in sent and (sent["incremental_field"] or keeps_null):
            self._move_cursor(sent["incremental_field"], result)

    def _move_cursor(self, field: str | None, result: str | None) -> None:
        """A new cursor, or one without a last value, goes to the imported column's maximum; where
        there is none, everything is imported again."""
        schema = self.schema
        differs = schema.config.get("incremental_field") != field
        schema.config["incremental_field"] = field
        if result == "webhook" or not (differs or last_value(schema) is None):
            return
        if schema.table is None:
            return
        if column_is_imported(schema.table, field):
            rows = schema.table["row_count"]
            schema.config["incremental_field_last_value"] = f"max of {rows} rows"
        else:
            schema.config["incremental_field_last_value"] = None
            self._resync = True

    def _save_timing(self) -> None:
        schema, sent, newest = self.schema, self.sent, self.call.era.newest
        name = sent.get("sync_frequency")
        if name:
            interval = FREQUENCIES.get(name)
            self._moved = interval != schema.interval
            schema.interval = interval
        leaves = self._old_type == "cdc" and schema.sync_type != "cdc"
        if newest and leaves and schema.interval == FREQUENCIES["1min"]:
            schema.interval, self._moved = FREQUENCIES["5min"], True
        if "sync_time_of_day" in sent and sent["sync_time_of_day"] != schema.time_of_day:
            schema.time_of_day, self._moved = sent["sync_time_of_day"], True

    @property
    def _turned_on(self) -> bool:
        return self.schema.should_sync and not self._was_enabled

    def _enter_change_capture(self) -> None:
        """Change capture begins, or begins again, with a snapshot of the table."""
        schema = self.schema
        if schema.sync_type != "cdc":
            return
        if self._old_type != "cdc":
            schema.config["reset_pipeline"] = True
        elif self._turned_on and schema.table is not None:
            self._resync = True

    def follow_up(self) -> None:
        """Webhook, schedule, and the runs that the change starts."""
        self._register_webhook()
        schema, runs = self.schema, self.call.runs
        if self.sent.get("should_sync") is True:
            if self._turned_on and schema.sync_type == "webhook" and schema.table is not None:
                self._resync = True
            if self.source.access_method != "direct":
                runs.ensure_schedule(schema)
        elif self.sent.get("should_sync") is False:
            runs.pause(schema)
            if self.call.era.newest:
                runs.cancel(schema)
        self._reissue()
        if self.sent.get("api_version") and self.call.era.newest:
            runs.cancel(schema)
        if self._resync:
            runs.resync(schema)

    def _reissue(self) -> None:
        """A moved schedule; the older eras fail where there is none to move (inferred)."""
        schema, runs = self.schema, self.call.runs
        if not self._moved:
            return
        if schema.schedule is not None or not self.call.era.newest:
            runs.reissue(schema)
        elif schema.should_sync:
            runs.ensure_schedule(schema)

    def _register_webhook(self) -> None:
        """The row stays saved when this fails."""
        if self.sent.get("sync_type") != "webhook":
            return
        try:
            register(self.call, self.source, self.schema)
        except WebhookFailed as failure:
            raise invalid(
                f"Failed to register webhook on your source: {failure}. You can set up the webhook "
                "manually from the Webhook tab."
            ) from failure
