"""Between the spec's words and Alation's: which row is a table, and what it holds. Pure.

Alation matches names without regard to case, and keys keep the case of the source; several rows of
one name are normal, in other schemas above all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from catalogctl import diff
from catalogctl.model import (
    Action,
    Address,
    Change,
    Declared,
    FieldChange,
    Members,
    Observed,
    Value,
)
from catalogctl.providers.alation import richtext
from catalogctl.providers.alation.custom_fields import CustomFields, name_of
from catalogctl.providers.alation.wire import Table

SYNCED = ("table", "columns", "table_type")
"""Fields that only the source can change, by way of a sync."""

TYPES = ("TABLE", "VIEW")
"""What a sync can be asked for."""

_STATE = (
    "title",
    "description",
    "table_comment",
    "table_type",
    "table_type_name",
    "owner",
    "sql",
    "partition_definition",
    "partition_columns",
)


class Name(NamedTuple):
    """A table as specs name it."""

    ds_id: int
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def folded(self) -> tuple[str, str]:
        return self.schema.casefold(), self.table.casefold()


def name_of_table(address: Address) -> Name:
    ds_id, schema, table = address.parts
    return Name(int(ds_id), schema, table)


class AlationRules(diff.Rules):
    """Columns are the same whatever their case; a sync is a trigger, the rest is an update."""

    def key(self, path: str, member: str) -> str:
        return member.casefold() if path == "columns" else member

    def displaced(
        self, path: str, wanted: tuple[str, ...], held: tuple[str, ...]
    ) -> frozenset[str]:
        return frozenset()

    def takes_away(self, path: str) -> bool:
        """Columns are the source's: as long as it has one, no sync could take it away."""
        return path != "columns"

    def identity(self, address: Address) -> tuple[str, str]:
        return "table", name_of_table(address).table

    def change(self, address: Address, fields: tuple[FieldChange, ...], *, exists: bool) -> Change:
        """A missing table shows its columns, or that it is missing when none are declared."""
        paths = {each.path for each in fields}
        if exists and paths.isdisjoint(SYNCED):
            return Change(address, Action.UPDATE, fields)
        if "columns" in paths:
            fields = tuple(each for each in fields if each.path != "table")
        reason = _outdated(fields) if exists else "not catalogued"
        return Change(address, Action.TRIGGER, fields, reason)


def _outdated(fields: Iterable[FieldChange]) -> str:
    """Why a table has to be synced that is catalogued already."""
    said = []
    for each in fields:
        if each.path == "columns" and each.added:
            said.append(f"lacks {', '.join(each.added)}")
        if each.path == "columns" and each.removed:
            said.append(f"has surplus {', '.join(each.removed)}")
        if each.path == "table_type":
            said.append(f"is catalogued as {each.before or 'nothing'}")
    return "; ".join(said)


def declared_of(changes: Iterable[FieldChange]) -> dict[str, Declared]:
    """The fields of a change as if they were declared: what to look at when reading again."""
    return {
        each.path: Members(each.after, only=each.exact)
        if each.is_set and isinstance(each.after, tuple)
        else each.after
        for each in changes
    }


# -- which row it is


def matching(name: Name, rows: Iterable[Table]) -> list[Table]:
    """The rows that may be this table: one, unless names differ by nothing but their case."""
    found = list({row.id: row for row in rows if _is_named(name, row)}.values())
    exact = [
        row for row in found if row.name == name.table and row.schema_name in (name.schema, None)
    ]
    return exact if len(exact) == 1 else found


def _is_named(name: Name, row: Table) -> bool:
    schema, table = name.folded
    if row.name.casefold() != table:
        return False
    if row.schema_name is not None and row.schema_name.casefold() == schema:
        return True
    # A part with a dot in it is quoted in the key, and may be in the declared schema too.
    return _bare(row.key) == _bare(f"{name.ds_id}.{name.schema}.{name.table}")


def _bare(key: str) -> str:
    return key.replace('\\"', "").replace('"', "").casefold()


# -- what it holds


def observed(
    address: Address,
    declared: Mapping[str, Declared],
    rows: Sequence[Table],
    columns: Mapping[int, Sequence[str]],
    custom_fields: CustomFields,
) -> Observed:
    """A table as it is catalogued, or why it is not. `columns` are names by the table's id."""
    name = name_of_table(address)
    if not rows:
        return Observed(address, exists=False, creatable=True)
    if len(rows) > 1:
        keys = ", ".join(sorted(row.key for row in rows))
        text = f"{len(rows)} tables are called {name}, apart from their case: {keys}"
        return Observed(address, exists=False, missing={"": text})
    row = rows[0]
    fields: dict[str, Value] = {}
    missing: dict[str, str] = {}
    for path, wanted in declared.items():
        field = name_of(path)
        if field is not None:
            refusal = custom_fields.refuses(field, is_list=isinstance(wanted, Members))
            if refusal is not None:
                missing[path] = refusal.whole
                continue
            fields[path] = custom_fields.held(field, wanted, row.custom_fields or ())
        elif path == "columns":
            fields[path] = _columns(wanted, columns.get(row.id, ()))
        elif path == "table":
            fields[path] = name.table
        elif path == "description":
            fields[path] = richtext.held(wanted, row.description)
        else:
            fields[path] = row.table_type if path == "table_type" else row.title or ""
    return Observed(address, fields, missing=missing, handle=row)


def _columns(wanted: Declared, live: Iterable[str]) -> tuple[str, ...]:
    """Their names, spelled as declared where only the case differs."""
    names = wanted.names if isinstance(wanted, Members) else ()
    spelled = {name.casefold(): name for name in names}
    return tuple(sorted({spelled.get(name.casefold(), name) for name in live}))


# -- what is sent


def type_to_sync(declared: object, row: Table | None) -> str:
    """The type to ask the source for: as declared, else as catalogued; a table by default.

    The API's own default is a table too, and a view asked for as one may not be found (inferred).
    """
    for known in (declared, row.table_type if row else None):
        if known in TYPES:
            return str(known)
    return "TABLE"


def texts_of(changes: Iterable[FieldChange]) -> dict[str, str]:
    """The title and description of a change as they are sent; an empty text clears."""
    texts = {each.path: str(each.after or "") for each in changes}
    if "description" in texts:
        texts["description"] = richtext.to_html(texts["description"])
    return texts


def whole_state(raw: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """A table as read, as it has to be posted: what is left out is reset to its default.

    Fields that only a read has are refused in a write. `owner` and `table_type_name` can be
    written, and no read is known to show them; where one does they are kept.
    """
    item: dict[str, Any] = {"key": raw["key"]}
    item.update({name: raw[name] for name in _STATE if raw.get(name) is not None})
    if raw.get("base_table_key") and raw.get("table_type") == "SYNONYM":
        item["base_table_key"] = raw["base_table_key"]
    item["custom_fields"] = [
        {"field_id": each["field_id"], "value": each.get("value")}
        for each in raw.get("custom_fields") or ()
    ]
    return {**item, **texts}
