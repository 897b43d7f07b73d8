"""Alation in the sandbox: writes of relational objects, and the jobs that carry them out."""

from __future__ import annotations

from typing import Any

import pytest
from alation_api import JOB, STATUS, V2, Alation, fresh, one_server, running  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.sandbox.alation import keys

ORDERS = "8.main.dbo.orders"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_keys_can_be_taken_apart_again(names: list[str]) -> None:
    key = "8"
    for name in names:
        key = keys.join(key, name)
    assert keys.split(key) == ["8", *names]


@pytest.mark.parametrize("key", ["", "8", "8.", "x.public", '8."a"b', "8..a"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="is not a valid key"):
        keys.split(key)


def test_patch_changes_only_what_it_mentions(alation: Alation) -> None:
    before = alation.table("orders")
    result = alation.write("PATCH", "table", {"id": before["id"], "title": "All orders"})
    assert result == {
        "response": "Updated 1 table objects.",
        "mapping": [{"id": before["id"], "key": ORDERS}],
        "errors": [],
    }
    assert alation.table("orders") == {**before, "title": "All orders"}
    fields = [{"field_id": STATUS, "value": "Draft"}]
    alation.write("PATCH", "table", {"key": ORDERS, "custom_fields": fields, "description": None})
    after = alation.table("orders")
    assert (after["title"], after["description"]) == ("All orders", "")
    assert [entry["value"] for entry in after["custom_fields"]] == [
        "<p>Checked in spring.</p>",
        "Draft",
    ]
    result = alation.write("PATCH", "column", {"key": f"{ORDERS}.total", "title": "Sum"})
    assert result["response"] == "Updated 1 attribute objects."
    assert alation.columns("orders")["total"]["column_comment"] == "With tax"
    alation.write("PATCH", "schema", {"key": "8.main.dbo", "description": "Reports"})
    (schema,) = alation.ok("GET", f"{V2}/schema/", ds_id=8)
    assert (schema["title"], schema["description"]) == ("Reporting", "<p>Reports</p>\n")


def test_post_resets_what_it_does_not_mention(alation: Alation) -> None:
    before = alation.table("orders")
    result = alation.write("POST", "table", {"key": ORDERS, "title": "Only this"})
    assert result["response"] == "Upserted 1 table objects."
    assert alation.table("orders") == {
        **before,
        "title": "Only this",
        "description": "",
        "table_comment": "",
        "custom_fields": [],
    }


def test_post_creates(alation: Alation) -> None:
    alation.write("POST", "schema", {"key": '8."HR.2017"', "title": "People"})
    alation.write("POST", "table", {"key": '8."HR.2017"."Staff.All"', "table_type": "VIEW"})
    alation.write("POST", "column", {"key": '8."HR.2017"."Staff.All".name', "column_type": "text"})
    table = alation.table("Staff.All")
    assert (table["schema_name"], table["table_type"]) == ("HR.2017", "VIEW")
    (column,) = alation.ok("GET", f"{V2}/column/", table_id=table["id"])
    assert (column["key"], column["nullable"]) == ('8."HR.2017"."Staff.All".name', False)


def test_a_multipart_schema_is_told_from_a_table(alation: Alation) -> None:
    result = alation.write("POST", "table", {"key": "8.main.dbo.v1.orders"})
    assert result["mapping"][0]["key"] == '8.main.dbo."v1.orders"'
    assert alation.table("v1.orders")["schema_name"] == "main.dbo"


@pytest.mark.parametrize("wrap", [True, False])
def test_plain_descriptions_may_come_back_as_html(alation: Alation, wrap: bool) -> None:
    alation.tune(wrap_html=["description"] if wrap else [])
    items = [
        {"key": ORDERS, "description": "One row per order."},
        {"key": "8.main.dbo.products", "description": "<b>Wares</b>"},
    ]
    alation.write("PATCH", "table", *items)
    text = "<p>One row per order.</p>\n" if wrap else "One row per order."
    assert alation.table("orders")["description"] == text
    assert alation.sync("orders").json()["description"] == text
    assert alation.table("products")["description"] == "<b>Wares</b>"


def test_items_fail_one_by_one_in_a_successful_job(alation: Alation) -> None:
    alation.tune(item_errors={"8.main.dbo.products": "no luck"})
    result = alation.write(
        "PATCH",
        "table",
        {"key": "8.main.dbo.products", "title": "a"},
        {"key": "8.main.dbo.nothing", "title": "b"},
        {"id": 9999, "title": "c"},
        {"key": ORDERS, "title": "d"},
    )
    assert result["response"] == "Updated 1 table objects."
    assert [entry["key"] for entry in result["mapping"]] == [ORDERS]
    assert result["errors"] == [
        "no luck",
        "table object 8.main.dbo.nothing does not exist",
        "table object 9999 does not exist",
    ]
    assert (alation.table("products")["title"], alation.table("orders")["title"]) == ("", "d")
    result = alation.write("POST", "table", {"key": "8.nowhere.orders"})
    assert result["errors"] == ["What 8.nowhere.orders belongs to does not exist"]


@pytest.mark.parametrize(
    ("kind", "item", "wrong"),
    [
        ("table", {"title": "x"}, ["key"]),
        ("table", {"key": ORDERS, "id": 3, "name": "orders", "url": "/"}, ["id", "name", "url"]),
        ("table", {"key": "6.public.accounts"}, ["key"]),
        ("table", {"key": ORDERS, "table_type": "INDEX"}, ["table_type"]),
        ("table", {"key": ORDERS, "base_table_key": ORDERS}, ["base_table_key"]),
        ("table", {"key": ORDERS, "title": 5}, ["title"]),
        ("table", {"key": ORDERS, "custom_fields": {}}, ["custom_fields"]),
        (
            "table",
            {
                "key": ORDERS,
                "custom_fields": [{"field_id": STATUS, "field_name": "Status", "value": "Draft"}],
            },
            ["custom_fields"],
        ),
        (
            "table",
            {"key": ORDERS, "custom_fields": [{"field_id": STATUS, "value": "Lost"}]},
            ["custom_fields"],
        ),
        ("table", {"key": ORDERS, "custom_fields": [{"field_id": 3, "value": "x"}]}, None),
        ("column", {"key": f"{ORDERS}.total"}, ["column_type"]),
    ],
)
def test_posts_that_are_refused(
    alation: Alation, kind: str, item: Any, wrong: list[str] | None
) -> None:
    before = alation.table("orders")
    good = {"key": ORDERS, "title": "x"}
    if kind == "column":
        good = {"key": f"{ORDERS}.total", "column_type": "int"}
    answer = alation.call("POST", f"{V2}/{kind}/", [good, item], ds_id=8)
    assert answer.status_code == 400
    body = answer.json()
    assert body["detail"] == "Incorrect input data. Please fix the errors and post the data."
    assert body["code"] == "400010"
    assert body["errors"][0] == {}
    assert sorted(body["errors"][1]) == (wrong or ["custom_fields"])
    assert alation.table("orders") == before


def test_the_error_of_a_missing_key(alation: Alation) -> None:
    for method in ("POST", "PATCH"):
        answer = alation.call(method, f"{V2}/table/", [{"title": "x"}], ds_id=8)
        assert answer.json()["errors"] == [{"key": ["400068: API Key is a required input"]}]
    typed = {"key": f"{ORDERS}.total", "column_type": "int"}
    assert alation.call("PATCH", f"{V2}/column/", [typed], ds_id=8).status_code == 400


def test_writes_need_an_array_a_data_source_and_an_admin(alation: Alation) -> None:
    item, path = {"key": ORDERS, "title": "x"}, f"{V2}/table/"
    assert alation.call("PATCH", path, item, ds_id=8).status_code == 400
    assert alation.call("PATCH", path, [item]).status_code == 400
    answer = alation.call("PATCH", path, [item], ds_id=0)
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "Data source with id 0 does not exist", "code": "404000"},
    )
    assert alation.call("PATCH", path, [item] * 1001, ds_id=8).status_code == 400
    for user, status in (("source_admin", 202), ("steward", 403), ("viewer", 403)):
        assert alation.call("PATCH", path, [item], user, ds_id=8).status_code == status
    other = {"key": "6.public.accounts"}
    assert alation.call("PATCH", path, [other], "source_admin", ds_id=6).status_code == 403


def test_there_was_no_patch_before_2025_3() -> None:
    with running(alation_version="2025.1") as alation:
        for kind in ("schema", "table", "column"):
            answer = alation.call("PATCH", f"{V2}/{kind}/", [{"key": ORDERS}], ds_id=8)
            assert answer.status_code == 405
            assert answer.headers["Allow"] == "GET, POST"
        alation.write("POST", "table", {"key": ORDERS, "title": "x"})
        assert alation.table("orders")["title"] == "x"


def test_a_job_runs_for_so_many_polls_and_then_has_done_its_work(alation: Alation) -> None:
    alation.tune(job_polls=2)
    started = alation.call("PATCH", f"{V2}/table/", [{"key": ORDERS, "title": "x"}], ds_id=8)
    assert (started.status_code, list(started.json())) == (202, ["job_id"])
    number = started.json()["job_id"]
    for _ in range(2):
        assert alation.job(number) == {"status": "running", "msg": "", "result": None}
        assert alation.table("orders")["title"] == "Orders"
    done = alation.job(number)
    assert done["status"] == "successful"
    assert done["msg"].startswith("Job finished in ")
    assert alation.table("orders")["title"] == "x"
    assert alation.job(number) == done
    assert alation.ok("GET", JOB, name=f"update#{number}") == done


def test_a_job_that_nobody_polls_ends_by_the_clock(alation: Alation) -> None:
    alation.call("PATCH", f"{V2}/table/", [{"key": ORDERS, "title": "x"}], ds_id=8)
    assert alation.table("orders")["title"] == "Orders"
    alation.advance(31)
    assert alation.table("orders")["title"] == "x"


def test_jobs_that_fail_hang_or_are_none(alation: Alation) -> None:
    item = [{"key": ORDERS, "title": "x"}]
    alation.tune(job_fails="out of disk")
    failed = alation.finish(alation.call("PATCH", f"{V2}/table/", item, ds_id=8).json()["job_id"])
    assert (failed["status"], failed["result"][0]["errors"]) == ("failed", ["out of disk"])
    assert alation.table("orders")["title"] == "Orders"
    alation.tune(job_fails="", job_stuck=True)
    number = alation.call("PATCH", f"{V2}/table/", item, ds_id=8).json()["job_id"]
    alation.advance(3600)
    assert {alation.job(number)["status"] for _ in range(5)} == {"running"}
    for query in ({"id": 1}, {"id": "x"}, {"name": "none"}, {}):
        answer = alation.call("GET", JOB, **query)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
