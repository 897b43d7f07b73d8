"""What a `DataSource` declares: a source of PostHog's data warehouse, and its schemas.

The words, ranges and rules are those of PostHog's serializers, seen 2026-09.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalogctl import fqn
from catalogctl.model import Declared
from catalogctl.spec.fields import (
    Choice,
    FieldType,
    ShortText,
    Switch,
    Text,
    TimeOfDay,
    WholeNumber,
    check_length,
)
from catalogctl.spec.mistakes import LEAVE, Mistake, first, refuse, unknown_key
from catalogctl.spec.names import Ordered, Verbatim
from catalogctl.yamlfile import Plain, shown


class Prefix:
    """What the names of a source's tables begin with, or what a direct source is called; an empty
    text is none. Which of the two it is, `source_contradictions` looks at.
    """

    def accept(self, value: Any) -> str:
        if value.__class__ is not str:
            refuse(value, "a text, the prefix,", "write the prefix", 'write "", or delete the key')
        if value == "":
            return ""
        check_length(value, 100)
        if fqn.has_control(value) or value != value.strip():
            message = f"{shown(value)} has blanks around it, or holds a control character"
            raise Mistake("SPEC009", message, "write the bare prefix")
        return str(value)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


class Frequency:
    """How often a schema is synced. It has no empty value: the server cannot clear it."""

    _CHOICE = Choice(
        ("1min", "5min", "15min", "30min", "1hour", "6hour", "12hour", "24hour", "7day", "30day")
    )

    def accept(self, value: Any) -> str:
        if value == "never":
            raise Mistake("SPEC024", '"never" is no frequency', "write should_sync: false instead")
        if value == "":
            hint = f"write one of {self._CHOICE.words_shown}, or {LEAVE}"
            raise Mistake("SPEC024", "a frequency cannot be cleared", hint)
        return self._CHOICE.accept(value)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        yield from first(self.accept, value)


class RowFilter:
    """One condition on rows, declared as JSON: sorted keys, no spaces, characters as they are."""

    _KEYS = ("column", "operator", "value")
    _COLUMN = Verbatim("a column")
    _OPERATOR = Choice((">", ">=", "<", "<=", "=", "!=", "IN", "NOT IN"))
    _HINT = 'write {column: NAME, operator: ">", value: …}'

    def accept(self, value: Any) -> str:
        for mistake in self.mistakes(value):
            raise mistake
        plain = {key: _as_json(given) for key, given in value.items()}
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def mistakes(self, value: Any) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield from first(self._refuse, value)
            return
        for key in value:
            if key not in self._KEYS:
                yield unknown_key(key, " in a row filter", self._KEYS).below(key)
        for key in self._KEYS:
            if key not in value:
                yield Mistake("SPEC005", f'the key "{key}" is missing', self._HINT)
        parts = (("column", self._COLUMN.accept), ("operator", self._operator), ("value", _operand))
        for key, accept in parts:
            if key in value:
                for mistake in first(accept, value[key]):
                    yield mistake.below(key)

    def _refuse(self, value: Any) -> None:
        refuse(value, "a row filter", self._HINT, f"{self._HINT}, or delete it")

    def _operator(self, value: Any) -> str:
        if isinstance(value, Plain):
            hint = f"write one of {self._OPERATOR.words_shown}"
            refuse(value, "a text, an operator,", hint, hint)
        return self._OPERATOR.accept(value)


def _operand(value: Any) -> None:
    """Raises a Mistake unless this is a text, number or truth value, or a list of them."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, list):
                hint = "write the values side by side"
                raise Mistake("SPEC006", "a list within a list", hint).below(index)
            for mistake in first(_operand, each):
                raise mistake.below(index)
        return
    known = value.value if isinstance(value, Plain) else None
    if known.__class__ not in (bool, int, float) and not isinstance(value, str):
        wanted = "a text" if isinstance(value, Plain) else "a text, a number or a list"
        hint = "write the value to compare with"
        refuse(value, wanted, hint, hint)


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.value if isinstance(value, Plain) else value


SOURCE: Mapping[str, FieldType] = {
    "description": ShortText(400),
    "access_method": Choice(("warehouse", "direct")),
    "direct_query_enabled": Switch(),
    "auto_sync_new_schemas": Switch(),
    "auto_sync_schema_patterns": Ordered("a pattern", Verbatim("a pattern")),
}

SCHEMA: Mapping[str, FieldType] = {
    "should_sync": Switch(),
    "sync_type": Choice(
        ("full_refresh", "incremental", "append", "webhook", "cdc", "xmin"), clearable=True
    ),
    "incremental_field": Text(),
    "incremental_field_type": Choice(
        ("integer", "numeric", "datetime", "date", "timestamp", "objectid", "xid"), clearable=True
    ),
    "incremental_field_lookback_seconds": WholeNumber(0, 5_184_000),
    "primary_key_columns": Ordered("a column", Verbatim("a column"), cleared=()),
    "sync_frequency": Frequency(),
    "sync_time_of_day": TimeOfDay(),
    "full_refresh_interval_days": WholeNumber(1, 90),
    "full_refresh_time_of_day": TimeOfDay(),
    "cdc_table_mode": Choice(("consolidated", "cdc_only", "both")),
    "enabled_columns": Ordered("a column", Verbatim("a column"), cleared=""),
    "row_filters": Ordered("a row filter", RowFilter(), cleared=()),
    "api_version": ShortText(128),
}

_CURSOR = ("incremental", "append", "webhook", "")
_SUITS = {
    "incremental_field": _CURSOR,
    "incremental_field_type": _CURSOR,
    "incremental_field_lookback_seconds": ("incremental",),
    "primary_key_columns": ("incremental", "append", "webhook", "cdc", "xmin", ""),
    "cdc_table_mode": ("cdc",),
}
"""The sync types with which the server keeps a field; the first is the one to recommend."""


_PREFIX = re.compile("_*[A-Za-z][A-Za-z0-9_]*")


def source_contradictions(document: Mapping[str, Any]) -> Iterator[Mistake]:
    """What the document of a source cannot say at the same time."""
    prefix = document.get("prefix")
    direct = document.get("access_method") == "direct"
    if prefix and isinstance(prefix, str) and not direct and not _PREFIX.fullmatch(prefix):
        hint = "write letters, digits and underscores, first a letter"
        only = "only with access_method: direct it is a name of any kind"
        message = f"prefix: {shown(prefix)} is no prefix"
        yield Mistake("SPEC009", message, f"{hint}; {only}").below("prefix")


def contradictions(fields: Mapping[str, Declared]) -> Iterator[Mistake]:
    """Fields of one schema that the server would not keep side by side."""
    sync_type = fields.get("sync_type")
    if sync_type is None:
        return
    written = f"sync_type: {sync_type}" if sync_type else 'sync_type: ""'
    for key, suited in _SUITS.items():
        if key in fields and sync_type not in suited:
            message = f"the server ignores it with {written}, so a plan would never become empty"
            hint = f"delete {key}, or write sync_type: {suited[0]}"
            yield Mistake("SPEC025", message, hint).below(key)
    if fields.get("sync_frequency") == "1min" and sync_type != "cdc":
        message = f"the server has no 1min with {written}, only with sync_type: cdc"
        hint = "write 5min, or sync_type: cdc"
        yield Mistake("SPEC025", message, hint).below("sync_frequency")
