"""Which lists are read: the cost follows what is managed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from catalogctl.providers.openmetadata.scope import Lists, choose

TABLES = (("database", 2), ("databaseSchema", 3))


def tables(schema: str, number: int) -> list[str]:
    return [f"{schema}.t{each}" for each in range(number)]


def chosen(names: list[str], counts: dict[str, int]) -> tuple[Lists, int]:
    asked = 0

    async def count(scope: Mapping[str, str]) -> int:
        nonlocal asked
        asked += 1
        return counts[next(iter(scope.values()), "")]

    return asyncio.run(choose(names, TABLES, count)), asked


def test_a_few_tables_are_read_by_name_without_looking_around() -> None:
    assert chosen(["s.d.x.a", "s.d.x.b"], {}) == (Lists((), ("s.d.x.a", "s.d.x.b")), 0)


@pytest.mark.parametrize("schemas", [1, 100])
def test_when_everything_is_managed_one_list_does_whatever_the_schemas(schemas: int) -> None:
    names = [name for each in range(schemas) for name in tables(f"s.d.x{each}", 1000 // schemas)]
    assert chosen(names, {"": 1000}) == (Lists(({},), ()), 1)


def test_a_well_managed_database_is_listed_as_a_whole() -> None:
    names = tables("s.d.x", 50) + tables("s.d.y", 50)
    lists, _ = chosen(names, {"": 10_000, "s.d": 120})
    assert lists == Lists(({"database": "s.d"},), ())


def test_a_managed_schema_of_a_large_database_is_listed_alone() -> None:
    names = tables("s.d.x", 100) + tables("s.e.y", 2)
    lists, _ = chosen(names, {"": 10_000, "s.d.x": 150})
    assert lists == Lists(({"databaseSchema": "s.d.x"},), ("s.e.y.t0", "s.e.y.t1"))


def test_what_is_sparse_is_read_by_name() -> None:
    names = tables("s.d.x", 10)
    lists, _ = chosen(names, {"": 100_000, "s.d.x": 50})
    assert lists == Lists((), tuple(sorted(names)))


def test_many_tables_are_listed_however_sparse_they_are() -> None:
    lists, _ = chosen(tables("s.d.x", 1001), {"": 100_000})
    assert lists == Lists(({"databaseSchema": "s.d.x"},), ())


def test_dotted_names_are_grouped_by_their_real_schema() -> None:
    names = [f's."d.1".x.t{each}' for each in range(10)]
    lists, _ = chosen(names, {"": 1000, 's."d.1".x': 12})
    assert lists == Lists(({"databaseSchema": 's."d.1".x'},), ())
