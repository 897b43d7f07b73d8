"""Schemas, tables and columns as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .records import Item, Json, Records

OWN = {
    "schema": ("db_comment",),
    "table": (
        "table_type",
        "schema_id",
        "schema_name",
        "base_table_key",
        "sql",
        "partition_columns",
        "partition_definition",
        "table_comment",
    ),
    "attribute": (
        "column_type",
        "column_comment",
        "index",
        "nullable",
        "schema_id",
        "table_id",
        "table_name",
        "position",
    ),
}
"""What objects of a kind have beside the common fields."""


def show(records: Records, items: Sequence[Item]) -> list[Json]:
    """Objects of one kind, with the values of their custom fields."""
    if not items:
        return []
    values = custom_fields(records, items[0].otype, [item.id for item in items])
    shown = []
    for item in items:
        content: Json = {
            "id": item.id,
            "name": item.name,
            "title": item.title,
            "description": item.description,
            "ds_id": item.ds_id,
            "key": item.key,
            "url": f"/{item.otype}/{item.id}/",
            "custom_fields": values.get(item.id, []),
        }
        places = {
            "schema_id": item.schema_id,
            "schema_name": item.schema_name,
            "table_id": item.table_id,
            "table_name": path_of_table(item),
        }
        for name in OWN[item.otype]:
            content[name] = places[name] if name in places else item.content[name]
        shown.append(content)
    return shown


def path_of_table(item: Item) -> str:
    """What a column calls its table: the whole path, in lower case."""
    return f"{item.schema_name}.{item.table_name}".lower()


def custom_fields(records: Records, otype: str, oids: Iterable[int]) -> dict[int, list[Json]]:
    """By object, only those that have a value."""
    names = {int(key): entry["name_singular"] for key, entry in records.setup("field").items()}
    found: dict[int, list[Json]] = {}
    for entry in records.values(otype, oids):
        found.setdefault(entry["oid"], []).append(
            {
                "value": entry["value"],
                "field_id": entry["field_id"],
                "field_name": names[entry["field_id"]],
            }
        )
    return found


def synced(records: Records, table: Item) -> Json:
    """The twelve fields with which the trigger answers."""
    return {
        "id": table.id,
        "url": f"/table/{table.id}/",
        "name": table.name,
        "schema_name": table.schema_name,
        "title": table.title,
        "description": table.description,
        "ds_id": table.ds_id,
        "is_view": table.content["table_type"] == "VIEW",
        "custom_fields": custom_fields(records, "table", [table.id]).get(table.id, []),
        "schema_id": table.schema_id,
        "synonyms": table.content.get("synonyms"),
        "db_comment": table.content["table_comment"] or None,
    }
