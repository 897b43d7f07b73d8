"""The databases behind the data sources, apart from what the catalog knows of them.

A data source is described by a JSON object::

    {"title": "warehouse", "admins": ["source_admin"], "private": false, "is_virtual": false,
     "exclude_schemas": [], "limit_schemas": [], "trouble": null,
     "schemas": {"main.dbo": {"comment": null, "trouble": null, "tables": {
         "orders": {"type": "TABLE", "comment": "One row an order", "primary_key": ["id"],
                    "columns": {"id": "bigint",
                                "total": {"type": "decimal(12,2)", "nullable": false,
                                          "comment": "With tax"}},
                    "trouble": {"kind": "unreachable", "html": true, "times": 1}}}}}}

``schemas`` is the database, everything else the data source in the catalog; further fields are
shown as they are given. Names are compared letter by letter (inferred). ``trouble`` at any level
makes the trigger suffer, ``times`` times or always; ``kind`` is one of

=================  ============================================================
not_authenticated  403
not_admin          403
missing_value      400
bad_table_type     400
bad_data_source    404
schema_excluded    400; so do ``exclude_schemas`` and ``limit_schemas`` (inferred)
delay              wait ``seconds``, then go on
cut                drop the connection before anything is done
unreachable        500, with ``html`` as a page
bad_schema         404
no_permission      403, the service account may not look at the table
no_table           404
cut_after          do everything, then drop the connection
=================  ============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from .records import Json, Records

KINDS = (
    "not_authenticated",
    "not_admin",
    "missing_value",
    "bad_table_type",
    "bad_data_source",
    "schema_excluded",
    "delay",
    "cut",
    "unreachable",
    "bad_schema",
    "no_permission",
    "no_table",
    "cut_after",
)
TYPES = ("TABLE", "VIEW")


@dataclass(frozen=True)
class Place:
    """Where a call wants to go, as far as that could be read from it."""

    ds_id: int | None
    schema: str | None
    table: str | None


Level = tuple[int, Union[str, None], str]
"""Data source, schema (``None``: the data source itself) and table (empty: the schema itself)."""


@dataclass(frozen=True)
class Troubles:
    """What lies in the way to a table."""

    records: Records
    found: dict[Level, Json]

    def take(self, kind: str) -> Json | None:
        """The trouble of this kind, if there is one; it counts as suffered once more."""
        for level, trouble in self.found.items():
            if trouble["kind"] == kind and self._suffer(level, kind):
                return trouble
        return None

    def _suffer(self, level: Level, kind: str) -> bool:
        """Count it; ``False`` if other calls have used it up meanwhile."""
        with self.records.store.transaction():
            content = _read(self.records, level)
            trouble = content.get("trouble")
            if not trouble or trouble["kind"] != kind:
                return False
            if trouble.get("times") is not None:
                left = int(trouble["times"]) - 1
                content["trouble"] = {**trouble, "times": left} if left > 0 else None
                _write(self.records, level, content)
        return True


def _read(records: Records, level: Level) -> Json:
    ds_id, schema, table = level
    if schema is None:
        return records.one_setup("data_source", ds_id) or {}
    return records.source(ds_id, schema, table) or {}


def _write(records: Records, level: Level, content: Json) -> None:
    ds_id, schema, table = level
    if schema is None:
        records.put_setup("data_source", ds_id, content)
    else:
        records.put_source(ds_id, schema, table, content)


class World:
    """All databases of a sandbox."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def change(self, ds_id: int, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch to a data source, or make a new one.

        A schema or table that is set to null is dropped at the source.
        """
        rest = dict(patch)
        schemas = rest.pop("schemas", {})
        with self._records.store.transaction():
            current = self._records.one_setup("data_source", ds_id)
            self._records.put_setup("data_source", ds_id, _checked(merge_patch(current, rest)))
            for name, schema in schemas.items():
                self._change_schema(ds_id, name, schema)

    def _change_schema(self, ds_id: int, name: str, patch: Mapping[str, Any] | None) -> None:
        if patch is None:
            self._records.put_source(ds_id, name, "", None)
            return
        rest = dict(patch)
        tables = rest.pop("tables", {})
        current = self._records.source(ds_id, name)
        self._records.put_source(ds_id, name, "", _checked(merge_patch(current, rest)))
        for table, content in tables.items():
            old = self._records.source(ds_id, name, table)
            new = None if content is None else _checked(merge_patch(old, content))
            if new is not None and new.get("type", "TABLE") not in TYPES:
                raise ValueError(f"type of table {table!r} is one of {', '.join(TYPES)}")
            self._records.put_source(ds_id, name, table, new)

    def data_source(self, ds_id: int) -> Json | None:
        return self._records.one_setup("data_source", ds_id)

    def troubles(self, place: Place) -> Troubles:
        """Those of the table, then of its schema, then of its data source."""
        if place.ds_id is None:
            return Troubles(self._records, {})
        levels: list[Level] = [(place.ds_id, None, "")]
        if place.schema is not None:
            levels.insert(0, (place.ds_id, place.schema, ""))
            if place.table:
                levels.insert(0, (place.ds_id, place.schema, place.table))
        found = {level: _read(self._records, level).get("trouble") for level in levels}
        return Troubles(self._records, {level: each for level, each in found.items() if each})


def columns_of(table: Mapping[str, Any]) -> dict[str, Json]:
    """The columns of a table at its source, as the catalog keeps them."""
    keys = table.get("primary_key", ())
    columns = {}
    for position, (name, given) in enumerate(table.get("columns", {}).items(), start=1):
        column = {"type": given} if isinstance(given, str) else given
        columns[name] = {
            "column_type": column["type"],
            "column_comment": column.get("comment") or "",
            "nullable": bool(column.get("nullable", name not in keys)),
            "position": position,
            "index": {
                "isPrimaryKey": name in keys,
                "isForeignKey": False,
                "referencedColumnId": None,
                "isOtherIndex": False,
            },
        }
    return columns


def merge_patch(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _checked(content: Json) -> Json:
    trouble = content.get("trouble")
    if trouble and trouble.get("kind") not in KINDS:
        raise ValueError(f"kind of trouble is one of {', '.join(KINDS)}")
    return content
