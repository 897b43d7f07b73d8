"""A seed with as many tables as one likes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

SCHEMAS = {8: "main.dbo", 6: "public"}


def large_seed(
    tables: int = 500, uncatalogued: Collection[str] = (), columns: int = 6
) -> dict[str, Any]:
    """Tables ``t_0000``, ``t_0001``, … in turn in ``main.dbo`` of data source 8 and in ``public``
    of data source 6, each with an ``id`` and columns ``c_1``, ``c_2``, …

    All are catalogued without any title or description, except those named in ``uncatalogued``,
    which only the source knows. ``SCHEMAS`` of this module has the schema of each data source.
    """
    sources: dict[str, Any] = {}
    catalog: dict[str, Any] = {}
    numbers = list(SCHEMAS)
    physical = {
        "primary_key": ["id"],
        "columns": {"id": "bigint", **{f"c_{n}": "varchar(100)" for n in range(1, columns)}},
    }
    for number, schema in SCHEMAS.items():
        names = [f"t_{n:04}" for n in range(tables) if numbers[n % len(numbers)] == number]
        sources[str(number)] = {
            "title": f"source {number}",
            "admins": ["source_admin"],
            "schemas": {schema: {"tables": {name: physical for name in names}}},
        }
        known = [name for name in names if name not in uncatalogued]
        catalog[str(number)] = {schema: {"tables": known}}
    return {"data_sources": sources, "catalog": catalog}
