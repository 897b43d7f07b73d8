"""One planned change of a schema beside what the server has: what will be true afterwards. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from catalogctl.model import Change, FieldChange, Value
from catalogctl.providers.posthog.identity import schema_of
from catalogctl.providers.posthog.mapping import value_of
from catalogctl.providers.posthog.wire import Era, Schema, Source


@dataclass(frozen=True, slots=True)
class Case:
    """`schema` is None when the change creates it; `new_source` when its source with it."""

    change: Change
    schema: Schema | None
    era: Era | None
    """None when nothing that was read tells it."""
    direct: bool = False
    new_source: bool = False
    source: Source | None = None

    @property
    def name(self) -> str:
        return schema_of(self.change.address) or ""

    @property
    def synced(self) -> bool:
        return self.schema is not None and self.schema.is_synced

    def field(self, path: str) -> FieldChange | None:
        return next((each for each in self.change.fields if each.path == path), None)

    def before(self, path: str) -> Value:
        value = UNSET if self.schema is None else getattr(self.schema, path, UNSET)
        return None if value is UNSET else value_of(path, value)

    def after(self, path: str) -> Value:
        """How it will be. What stands for nothing is None."""
        changed = self.field(path)
        value = self.before(path) if changed is None else changed.after
        return None if value == "" else value

    @property
    def sync_type(self) -> str | None:
        """The sync type that results."""
        value = self.after("sync_type")
        return str(value) if value else None

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The primary key that results; empty when there is none."""
        value = self.after("primary_key_columns")
        return value if isinstance(value, tuple) else ()

    @property
    def enables(self) -> bool:
        changed = self.field("should_sync")
        return changed is not None and changed.after is True
