"""Alation in the sandbox: the table sync trigger and its refusals."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from alation_api import SYNC, Alation, fresh, one_server  # noqa: F401

FIELDS = [
    "id",
    "url",
    "name",
    "schema_name",
    "title",
    "description",
    "ds_id",
    "is_view",
    "custom_fields",
    "schema_id",
    "synonyms",
    "db_comment",
]


def test_a_new_table_is_created_with_its_columns(alation: Alation) -> None:
    assert alation.tables(name="shipments") == []
    answer = alation.sync("shipments")
    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == FIELDS
    assert answer.headers["Location"] == f"/api/table/{body['id']}/"
    assert answer.headers["Content-Type"] == "application/json"
    assert body == {
        "id": body["id"],
        "url": f"/table/{body['id']}/",
        "name": "shipments",
        "schema_name": "main.dbo",
        "title": "",
        "description": "",
        "ds_id": 8,
        "is_view": False,
        "custom_fields": [],
        "schema_id": alation.table("orders")["schema_id"],
        "synonyms": None,
        "db_comment": "One row a parcel",
    }
    row = alation.table("shipments")
    assert (row["id"], row["key"]) == (body["id"], "8.main.dbo.shipments")
    columns = alation.columns("shipments")
    assert list(columns) == ["shipment_id", "order_id", "sent_at"]
    first = columns["shipment_id"]
    assert (first["column_type"], first["nullable"], first["position"]) == ("bigint", False, 1)
    assert first["index"]["isPrimaryKey"] is True
    assert columns["sent_at"]["nullable"] is True


def test_a_repeat_is_a_201_with_the_same_ids(alation: Alation) -> None:
    first, columns = alation.sync("shipments"), alation.columns("shipments")
    again = alation.sync("shipments")
    assert (again.status_code, again.json()) == (201, first.json())
    assert alation.columns("shipments") == columns


def test_the_source_wins_over_physical_metadata_and_nothing_else_is_touched(
    alation: Alation,
) -> None:
    before, total = alation.table("orders"), alation.columns("orders")["total"]
    columns = {
        "placed_at": None,
        "total": {"type": "decimal(18,4)", "nullable": True, "comment": "Gross"},
        "currency": "char(3)",
    }
    alation.source({"orders": {"comment": "Orders of all shops", "columns": columns}})
    assert alation.table("orders") == before, "nothing happens without a sync"
    synced = alation.sync("orders").json()
    assert synced["title"] == "Orders"
    assert synced["description"] == "<p>Every order since 2019.</p>\n"
    assert synced["custom_fields"] == before["custom_fields"] != []
    assert synced["db_comment"] == "Orders of all shops"
    assert alation.table("orders") == {**before, "table_comment": "Orders of all shops"}
    after = alation.columns("orders")
    assert sorted(after) == ["currency", "customer_id", "order_id", "total"]
    assert after["total"] == {
        **total,
        "column_type": "decimal(18,4)",
        "column_comment": "Gross",
        "nullable": True,
    }
    assert total["title"] == "Total"


def test_a_column_that_the_catalog_lacked_appears(alation: Alation) -> None:
    assert list(alation.columns("customers")) == ["customer_id", "email"]
    alation.sync("customers")
    assert alation.columns("customers")["loyalty_tier"]["column_comment"] == "New in March"


def test_a_schema_that_only_the_source_knows_is_created(alation: Alation) -> None:
    answer = alation.sync("orders_raw", schema="main.staging")
    assert answer.status_code == 201
    schemas = alation.ok("GET", "/integration/v2/schema/", name="main.staging")
    assert [each["id"] for each in schemas] == [answer.json()["schema_id"]]


def test_views_need_their_type(alation: Alation) -> None:
    view = alation.sync("foobar", table_type="VIEW")
    assert (view.status_code, view.json()["is_view"]) == (201, True)
    assert alation.table("foobar")["table_type"] == "VIEW"
    assert alation.sync("foobar").status_code == 404
    assert alation.sync("orders", table_type="VIEW").status_code == 404


def test_forms_and_numbers_in_quotes_will_do(alation: Alation) -> None:
    body = {"datasource_id": "6", "schema": "public", "table": "refunds"}
    headers = {"token": alation.sandbox.alation_token()}
    answer = alation.http.post(SYNC, data=body, headers=headers)
    assert (answer.status_code, answer.json()["ds_id"]) == (201, 6)
    assert alation.call("POST", SYNC, {**body, "extra": 1}).status_code == 201


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"without": "datasource_id"}),
        (400, {"without": "schema"}),
        (400, {"without": "table"}),
        (400, {"table": ""}),
        (400, {"schema": 5}),
        (400, {"datasource_id": "eight"}),
        (400, {"datasource_id": True}),
        (400, {"table_type": "view"}),
        (400, {"schema": "main.scratch", "table": "tmp_1"}),
        (404, {"datasource_id": 99}),
        (404, {"schema": "main.nowhere"}),
        (404, {"schema": "MAIN.DBO"}),
        (404, {"table": "nothing"}),
    ],
)
def test_requests_that_are_refused(alation: Alation, status: int, body: dict[str, Any]) -> None:
    answer = alation.sync(**{"table": "orders", **body})
    assert answer.status_code == status
    assert answer.json()["code"] == f"{status}000"
    assert answer.json()["detail"]


def test_a_body_that_is_no_object(alation: Alation) -> None:
    headers = {"Token": alation.sandbox.alation_token()}
    assert alation.http.post(SYNC, content=b"{", headers=headers).status_code == 400
    assert alation.call("POST", SYNC, [1]).status_code == 400


def test_who_may_sync(alation: Alation) -> None:
    assert alation.sync("orders", None).status_code == 403
    assert alation.sync("orders", None).json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "403000",
    }
    for user, status in (
        ("admin", 201),
        ("catalog_admin", 201),
        ("source_admin", 201),
        ("steward", 403),
        ("viewer", 403),
    ):
        assert alation.sync("orders", user).status_code == status, user
    elsewhere = {"datasource_id": 6, "schema": "public", "table": "refunds"}
    assert alation.call("POST", SYNC, elsewhere, "source_admin").status_code == 403
    alation.tune(users={"viewer": {"role": "SERVER_ADMIN"}})
    assert alation.sync("orders", "viewer").status_code == 201


def test_inclusive_schema_filters_and_virtual_sources(alation: Alation) -> None:
    alation.tune(data_sources={8: {"limit_schemas": ["main.staging"]}})
    assert alation.sync("orders").status_code == 400
    assert alation.sync("orders_raw", schema="main.staging").status_code == 201
    alation.tune(data_sources={8: {"limit_schemas": [], "is_virtual": True}})
    assert alation.sync("orders").status_code == 404


@pytest.mark.parametrize("level", ["data source", "schema", "table"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("missing_value", 400),
        ("bad_table_type", 400),
        ("schema_excluded", 400),
        ("not_authenticated", 403),
        ("not_admin", 403),
        ("no_permission", 403),
        ("bad_data_source", 404),
        ("bad_schema", 404),
        ("no_table", 404),
        ("unreachable", 500),
    ],
)
def test_every_refusal_can_be_asked_for(
    alation: Alation, level: str, kind: str, status: int
) -> None:
    alation.trouble(level, kind)
    answer = alation.sync("orders")
    assert answer.status_code == status
    assert answer.json()["code"] == f"{status}000"
    elsewhere = {"datasource_id": 6, "schema": "public", "table": "refunds"}
    assert alation.call("POST", SYNC, elsewhere).status_code == 201
    neighbour = alation.sync("products").status_code
    assert neighbour == (201 if level == "table" else status)


def test_a_trouble_may_pass(alation: Alation) -> None:
    for kind, status in (("unreachable", 500), ("no_table", 404)):
        alation.trouble("table", kind, times=2)
        statuses = [alation.sync("orders").status_code for _ in range(3)]
        assert statuses == [status, status, 201]


def test_a_source_that_fails_with_a_page(alation: Alation) -> None:
    alation.trouble("table", "unreachable", html=True)
    answer = alation.sync("orders")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")


def test_checks_come_in_order(alation: Alation) -> None:
    gone: dict[str, Any] = {"datasource_id": 99, "schema": "", "table_type": "x"}
    assert alation.sync("orders", None, **gone).status_code == 403
    assert alation.sync("orders", "viewer", **gone).status_code == 403
    assert alation.sync("orders", **gone).status_code == 400
    unreachable = {"kind": "unreachable"}
    alation.tune(data_sources={8: {"trouble": unreachable}})
    assert alation.sync("x", schema="main.scratch").status_code == 400
    assert alation.sync("x", schema="main.nowhere").status_code == 500
    alation.tune(data_sources={8: {"trouble": None}})
    alation.source({"orders": {"trouble": {"kind": "no_permission"}}})
    assert alation.sync("orders", table_type="VIEW").status_code == 403


def test_a_slow_source(alation: Alation) -> None:
    alation.trouble("table", "delay", seconds=0.3)
    start = time.monotonic()
    assert alation.sync("orders").status_code == 201
    assert time.monotonic() - start >= 0.3


@pytest.mark.parametrize(("kind", "done"), [("cut", False), ("cut_after", True)])
def test_a_connection_that_breaks(alation: Alation, kind: str, done: bool) -> None:
    alation.source({"shipments": {"trouble": {"kind": kind, "times": 1}}})
    with pytest.raises(httpx.TransportError):
        alation.sync("shipments")
    assert bool(alation.tables(name="shipments")) is done
    assert alation.sync("shipments").status_code == 201


def test_a_table_dropped_at_its_source_stays_in_the_catalog(alation: Alation) -> None:
    before = alation.table("orders")
    alation.source({"orders": None})
    assert alation.sync("orders").status_code == 404
    assert alation.table("orders") == before


def test_the_log_counts_syncs_by_user(alation: Alation) -> None:
    alation.sync("orders", "source_admin")
    alation.sync("nothing")
    log = [(call["path"], call["user"], call["status"]) for call in alation.sandbox.requests()]
    path = f"/alation{SYNC}"
    assert log == [(path, "source_admin", 201), (path, "admin", 404)]
