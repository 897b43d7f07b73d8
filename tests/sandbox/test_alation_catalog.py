"""Alation in the sandbox: relational objects of v2 as they are read, filtered and paged."""

from __future__ import annotations

from typing import Any

import pytest
from alation_api import NOTES, STATUS, V2, Alation, fresh, one_server, running  # noqa: F401

from catalogctl.sandbox.alation.large import SCHEMAS, large_seed

ORDERS = "8.main.dbo.orders"


@pytest.fixture(scope="module")
def large() -> Any:
    with running(alation_seed=large_seed(300, uncatalogued=["t_0004", "t_0005"])) as client:
        yield client


def test_a_table_as_it_is_read(alation: Alation) -> None:
    table = alation.table("orders")
    schema_id = table["schema_id"]
    assert table == {
        "id": table["id"],
        "name": "orders",
        "title": "Orders",
        "description": "<p>Every order since 2019.</p>\n",
        "ds_id": 8,
        "key": ORDERS,
        "url": f"/table/{table['id']}/",
        "custom_fields": [
            {
                "value": "<p>Checked in spring.</p>",
                "field_id": NOTES,
                "field_name": "Steward Notes",
            },
            {"value": "Reviewed", "field_id": STATUS, "field_name": "Status"},
        ],
        "table_type": "TABLE",
        "schema_id": schema_id,
        "schema_name": "main.dbo",
        "base_table_key": "",
        "sql": "",
        "partition_columns": [],
        "partition_definition": "",
        "table_comment": "One row an order",
    }
    assert alation.table("products")["title"] == ""


def test_a_schema_and_a_column_as_they_are_read(alation: Alation) -> None:
    (schema,) = alation.ok("GET", f"{V2}/schema/", ds_id=8)
    assert schema == {
        "id": schema["id"],
        "name": "main.dbo",
        "title": "Reporting",
        "description": "",
        "ds_id": 8,
        "key": "8.main.dbo",
        "url": f"/schema/{schema['id']}/",
        "custom_fields": [],
        "db_comment": "What reports are made of",
    }
    column = alation.columns("orders")["total"]
    assert column == {
        "id": column["id"],
        "name": "total",
        "title": "Total",
        "description": "<p>Price with tax, in euro.</p>\n",
        "ds_id": 8,
        "key": f"{ORDERS}.total",
        "url": f"/attribute/{column['id']}/",
        "custom_fields": [],
        "column_type": "decimal(12,2)",
        "column_comment": "With tax",
        "index": {
            "isPrimaryKey": False,
            "isForeignKey": False,
            "referencedColumnId": None,
            "isOtherIndex": False,
        },
        "nullable": False,
        "schema_id": schema["id"],
        "table_id": alation.table("orders")["id"],
        "table_name": "main.dbo.orders",
        "position": 3,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"ds_id": 6}, ["accounts", "payments"]),
        ({"ds_id": 99}, []),
        ({"id": [1, 3]}, ["accounts", "orders"]),
        ({"id__gt": 1, "id__lte": 3}, ["orders", "payments"]),
        ({"ds_id__lt": 8, "name": "accounts"}, ["accounts"]),
        ({"name": "ORDERS"}, []),
        ({"name__iexact": "ORDERS"}, ["orders"]),
        ({"name": ["orders", "products"]}, ["orders", "products"]),
        ({"name__startswith": "ord"}, ["orders", "orders_per_day"]),
        ({"name__iendswith": "DAY"}, ["orders_per_day"]),
        ({"schema_name": "main.dbo", "name": "orders"}, ["orders"]),
        ({"schema_name__icontains": "DBO", "name__contains": "u"}, ["customers", "products"]),
        ({"schema_id": 1}, ["accounts", "payments"]),
        ({"custom_fields": '[{"field_id": 10002, "value": "Reviewed"}]'}, ["orders"]),
        ({"exclude_deleted_ref": "True", "limit": 1000, "ds_id": 6}, ["accounts", "payments"]),
    ],
)
def test_filters(alation: Alation, query: dict[str, Any], names: list[str]) -> None:
    assert sorted(table["name"] for table in alation.tables(**query)) == names


def test_filters_of_columns(alation: Alation) -> None:
    by_path = alation.ok("GET", f"{V2}/column/", table_name="main.dbo.orders", name="total")
    by_id = alation.ok("GET", f"{V2}/column/", table_id=alation.table("orders")["id"], name="total")
    assert by_path == by_id
    assert len(by_id) == 1


@pytest.mark.parametrize("kind", ["schema", "table", "column"])
def test_an_unknown_filter_is_refused(alation: Alation, kind: str) -> None:
    answer = alation.call("GET", f"{V2}/{kind}/", ids=1, key="x", ds_id=8)
    assert answer.status_code == 400
    assert answer.json() == {
        "detail": "Invalid query parameters: [ids, key]",
        "code": "400006",
    }
    assert alation.call("GET", f"{V2}/{kind}/", id="x").status_code == 400
    assert alation.call("GET", f"{V2}/{kind}/", order_by="colour").status_code == 400


def test_order_and_chosen_fields(alation: Alation) -> None:
    found = alation.tables(ds_id=8, order_by="-name", fields="id,name")
    assert [table["name"] for table in found] == [
        "products",
        "orders_per_day",
        "orders",
        "customers",
    ]
    assert set(found[0]) == {"id", "name"}
    ids = [table["id"] for table in alation.tables()]
    assert ids == sorted(ids)


def test_pages_lead_to_each_other(large: Alation) -> None:
    path: str | None = f"{V2}/table/?ds_id=8&ds_id=6"
    sizes, seen = [], []
    while path:
        answer = large.call("GET", path)
        sizes.append(len(answer.json()))
        seen += [table["name"] for table in answer.json()]
        path = answer.headers.get("X-Next-Page")
        assert path is None or path.startswith(f"{V2}/table/?ds_id=8&ds_id=6&skip=")
    assert sizes == [100, 100, 98]
    assert len(set(seen)) == 298
    assert large.tables(skip=1000) == []
    page = large.call("GET", f"{V2}/table/", limit=298)
    assert (len(page.json()), "X-Next-Page" in page.headers) == (298, False)


def test_the_largest_page(large: Alation) -> None:
    answer = large.call("GET", f"{V2}/column/", limit=5000)
    assert len(answer.json()) == 1000
    assert answer.headers["X-Next-Page"] == f"{V2}/column/?limit=5000&skip=1000"
    large.tune(page_cap=50)
    assert len(large.tables(limit=1000)) == 50
    large.tune(page_cap=1000)


def test_the_large_seed_leaves_out_what_it_was_told(large: Alation) -> None:
    for number, name in ((8, "t_0004"), (6, "t_0005")):
        assert large.tables(ds_id=number, name=name) == []
        synced = large.sync(name, datasource_id=number, schema=SCHEMAS[number])
        assert synced.status_code == 201
