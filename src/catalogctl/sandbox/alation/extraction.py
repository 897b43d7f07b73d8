"""Copying physical metadata from a source into the catalog, which leaves logical metadata alone."""

from __future__ import annotations

from typing import Any

from . import keys
from .records import Item, Json, Records
from .world import columns_of

SCHEMA: Json = {"db_comment": ""}
TABLE: Json = {
    "table_type": "TABLE",
    "base_table_key": "",
    "sql": "",
    "partition_columns": [],
    "partition_definition": "",
    "table_comment": "",
}
COLUMN: Json = {
    "column_type": "",
    "column_comment": "",
    "index": {
        "isPrimaryKey": False,
        "isForeignKey": False,
        "referencedColumnId": None,
        "isOtherIndex": False,
    },
    "nullable": False,
    "position": None,
}
"""What objects of the three kinds hold if nobody says anything."""


def ensure_schema(records: Records, ds_id: int, name: str, comment: str | None = None) -> Item:
    """The schema's row; a multipart name is not quoted in its key."""
    found = records.item("schema", ds_id=ds_id, name=name)
    if found is None:
        found = Item("schema", records.next_id("schema"), ds_id, name, f"{ds_id}.{name}")
        found.content = {**SCHEMA, "db_comment": comment or ""}
        records.save(found)
    return found


def new_table(records: Records, schema: Item, name: str) -> Item:
    """A row that is not yet saved."""
    return Item(
        "table",
        records.next_id("table"),
        schema.ds_id,
        name,
        keys.join(schema.key, name),
        schema_id=schema.id,
        schema_name=schema.name,
        content=dict(TABLE),
    )


def new_column(records: Records, table: Item, name: str) -> Item:
    """A row that is not yet saved."""
    return Item(
        "attribute",
        records.next_id("attribute"),
        table.ds_id,
        name,
        keys.join(table.key, name),
        schema_id=table.schema_id,
        schema_name=table.schema_name,
        table_id=table.id,
        table_name=table.name,
        content=dict(COLUMN),
    )


def copy_table(records: Records, schema: Item, name: str, source: Json) -> Item:
    """Bring a table and its columns in line with the source; ids of what stays are kept.

    Columns that are gone at the source leave the catalog with all that was written about them, and
    get a new id if they come back (inferred).
    """
    table = records.item("table", schema_id=schema.id, name=name)
    if table is None:
        table = new_table(records, schema, name)
    table.content.update(
        table_type=source.get("type", "TABLE"),
        table_comment=source.get("comment") or "",
        sql=source.get("sql") or "",
        synonyms=source.get("synonyms"),
    )
    records.save(table)
    known = {item.name: item for item in records.items("attribute", table_id=[table.id])}
    for column_name, physical in columns_of(source).items():
        column = known.pop(column_name, None) or new_column(records, table, column_name)
        _update(records, column, physical)
    for gone in known.values():
        records.remove(gone)
    return table


def _update(records: Records, item: Item, physical: dict[str, Any]) -> None:
    item.content.update(physical)
    records.save(item)
