"""Alation in the sandbox: custom fields, their values, and data sources."""

from __future__ import annotations

import re
from typing import Any

import pytest
from alation_api import NOTES, REGIONS, STATUS, V2, Alation, fresh, one_server  # noqa: F401

VALUES = f"{V2}/custom_field_value/"
ASYNC = f"{VALUES}async/"


def _value(alation: Alation, field_id: int, value: Any, **more: Any) -> dict[str, Any]:
    oid = alation.table("orders")["id"]
    return {"field_id": field_id, "otype": "table", "oid": oid, "value": value, **more}


def _values(alation: Alation, table: str = "orders") -> dict[int, Any]:
    oid = alation.table(table)["id"]
    found = alation.ok("GET", VALUES, otype="table", oid=oid)
    return {entry["field_id"]: entry["value"] for entry in found}


def test_definitions(alation: Alation) -> None:
    found = {field["name_singular"]: field for field in alation.ok("GET", f"{V2}/custom_field/")}
    assert list(found) == [
        "Title",
        "Description",
        "Expert",
        "Steward",
        "Steward Notes",
        "Status",
        "Regions",
    ]
    steward = found["Steward"]
    assert (steward["id"], steward["allow_multiple"]) == (8, True)
    assert steward["allowed_otypes"] == ["groupprofile", "user"]
    status = found["Status"]
    assert set(status) == {
        "id",
        "field_type",
        "builtin_name",
        "name_singular",
        "name_plural",
        "allow_multiple",
        "allowed_otypes",
        "options",
        "backref_name",
        "backref_tooltip_text",
        "tooltip_text",
    }
    assert (status["id"], status["field_type"]) == (STATUS, "PICKER")
    assert [each["title"] for each in status["options"]] == ["Draft", "Reviewed", "Deprecated"]
    assert (found["Steward Notes"]["id"], found["Steward Notes"]["options"]) == (NOTES, None)
    assert alation.ok("GET", f"{V2}/custom_field/{STATUS}/") == status
    assert alation.ok("GET", f"{V2}/custom_field/builtin/steward/") == steward
    for path in ("77", "builtin/nothing"):
        answer = alation.call("GET", f"{V2}/custom_field/{path}/")
        assert (answer.status_code, answer.json()) == (
            404,
            {"detail": "Not found.", "code": "404000"},
        )


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"name_singular": "Status"}, [STATUS]),
        ({"name_singular__icontains": "STEWARD"}, [8, NOTES]),
        ({"name_singular__contains": "tit"}, []),
        ({"field_type": "MULTI_PICKER"}, [REGIONS]),
        ({"id": [3, 4], "limit": 1000}, [3, 4]),
        ({"allow_multiple": "true", "id__": ""}, None),
        ({"name_singular__x": "a"}, None),
    ],
)
def test_filters_of_definitions(
    alation: Alation, query: dict[str, Any], ids: list[int] | None
) -> None:
    answer = alation.call("GET", f"{V2}/custom_field/", **query)
    if ids is None:
        assert (answer.status_code, answer.json()["code"]) == (400, "400006")
    else:
        assert [field["id"] for field in answer.json()] == ids


def test_values_as_they_are_read(alation: Alation) -> None:
    oid = alation.table("orders")["id"]
    (found,) = alation.ok("GET", VALUES, otype="table", oid=oid, field_id=STATUS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found.pop("ts_updated"))
    assert found == {"field_id": STATUS, "oid": oid, "otype": "table", "value": "Reviewed"}
    assert _values(alation, "customers") == {REGIONS: ["Europe", "Asia"]}
    assert alation.call("GET", VALUES, ids=1).status_code == 400


def test_values_are_written_by_a_job(alation: Alation) -> None:
    started = alation.call(
        "PUT",
        ASYNC,
        [
            _value(alation, STATUS, "Draft"),
            _value(alation, REGIONS, ["Africa"]),
            _value(alation, NOTES, "Plain", ts_updated="2024-01-01T00:00:00Z"),
        ],
    )
    assert (started.status_code, list(started.json())) == (202, ["job_id"])
    assert _values(alation)[STATUS] == "Reviewed"
    job = alation.finish(started.json()["job_id"])
    assert job["status"] == "successful"
    assert all(isinstance(line, str) for line in job["result"])
    assert _values(alation) == {STATUS: "Draft", REGIONS: ["Africa"], NOTES: "Plain"}
    shown = {f["field_name"]: f["value"] for f in alation.table("orders")["custom_fields"]}
    assert shown == {"Steward Notes": "Plain", "Status": "Draft", "Regions": ["Africa"]}


def test_values_are_written_by_two_jobs(alation: Alation) -> None:
    alation.tune(two_jobs=True)
    started = alation.ok("PUT", ASYNC, [_value(alation, STATUS, "Draft")])
    first = alation.finish(started["job_id"])
    assert first["status"] == "successful"
    match = re.search(r"\(can be tracked using jobs API\): (\d+)$", first["result"][-1])
    assert match
    assert _values(alation)[STATUS] == "Reviewed"
    second = alation.finish(int(match[1]))
    assert second["status"] == "successful"
    assert _values(alation)[STATUS] == "Draft"


def test_a_failed_job_of_values(alation: Alation) -> None:
    alation.tune(job_fails="try again")
    started = alation.ok("PUT", ASYNC, [_value(alation, STATUS, "Draft")])
    job = alation.finish(started["job_id"])
    assert (job["status"], job["result"]) == ("failed", ["try again"])
    assert _values(alation)[STATUS] == "Reviewed"


@pytest.mark.parametrize("empty", [None, ""])
def test_the_deprecated_call_answers_with_counts(alation: Alation, empty: Any) -> None:
    answer = alation.ok(
        "PUT",
        VALUES,
        [_value(alation, STATUS, empty), _value(alation, REGIONS, ["Asia"])],
    )
    assert answer == {
        "updated_field_values": 1,
        "new_field_values": 1,
        "field_values_received": 2,
    }
    assert _values(alation) == {NOTES: "<p>Checked in spring.</p>", REGIONS: ["Asia"]}


def test_rich_texts_are_wrapped_on_request(alation: Alation) -> None:
    alation.tune(wrap_html=["description", "custom_fields"])
    alation.ok("PUT", VALUES, [_value(alation, NOTES, "Plain"), _value(alation, STATUS, "Draft")])
    assert _values(alation) == {NOTES: "<p>Plain</p>", STATUS: "Draft"}
    oid = alation.table("orders")["id"]
    fields = [{"field_id": NOTES, "value": "Again"}]
    alation.write("PATCH", "table", {"id": oid, "custom_fields": fields})
    assert _values(alation)[NOTES] == "<p>Again</p>"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"field_id": 3}, {"non_field_errors": None}),
        ({"field_id": 4, "otype": "attribute", "oid": 1}, {"non_field_errors": None}),
        (
            {"otype": "attribute", "oid": 999},
            {"non_field_errors": ["Object not found: attribute:999."]},
        ),
        ({"value": "Lost"}, {"value": ["Lost is not an option of Status."]}),
        ({"value": ["Draft"]}, {"value": ["Value must be a string."]}),
        ({"field_id": REGIONS}, {"value": ["Value must be a list of strings."]}),
        ({"field_id": REGIONS, "value": ["Mars"]}, {"value": None}),
        ({"field_id": 8, "value": [{"otype": "user"}]}, {"value": None}),
        ({"field_id": 8, "value": [{"otype": "table", "oid": 1}]}, {"value": None}),
        ({"field_id": 8, "value": [{"otype": "user", "oid": n} for n in range(257)]}, None),
        ({"field_id": 77}, {"value": ["Custom field not found."]}),
        ({"oid": [1]}, {"non_field_errors": ["otype is a string and oid an integer."]}),
        ({"oid": None}, {"oid": ["This field is required."]}),
    ],
)
def test_values_that_are_refused(alation: Alation, change: Any, error: Any) -> None:
    before = _values(alation)
    good = _value(alation, NOTES, "x")
    for path in (ASYNC, VALUES):
        answer = alation.call("PUT", path, [good, {**_value(alation, STATUS, "Draft"), **change}])
        assert answer.status_code == 400
        body = answer.json()
        assert (body["title"], body["code"]) == ("Invalid Payload", "400000")
        (told,) = body["errors"]
        for name, texts in (error or {"value": None}).items():
            assert told[name] == (texts or told[name])
    assert _values(alation) == before


def test_sets_of_people(alation: Alation) -> None:
    people = [{"otype": "user", "oid": 4}, {"otype": "groupprofile", "oid": 2}]
    alation.ok("PUT", VALUES, [_value(alation, 8, people)])
    alation.ok("PUT", VALUES, [_value(alation, 8, people[:1])])
    assert _values(alation)[8] == people[:1]


def test_who_may_write_values(alation: Alation) -> None:
    body = [_value(alation, STATUS, "Draft")]
    assert alation.call("PUT", ASYNC, body, "viewer").status_code == 403
    assert alation.call("PUT", ASYNC, body, "steward").status_code == 202
    assert alation.call("PUT", ASYNC, body * 10_001).status_code == 400
    assert alation.call("PUT", ASYNC, body[0]).status_code == 400


def test_data_sources(alation: Alation) -> None:
    found = alation.ok("GET", f"{V2}/datasource/", limit=1000)
    assert [(each["id"], each["title"]) for each in found] == [(6, "shop"), (8, "warehouse")]
    warehouse = alation.ok("GET", f"{V2}/datasource/8/")
    assert warehouse == found[1]
    assert warehouse["exclude_schemas"] == ["main.scratch"]
    assert (warehouse["limit_schemas"], warehouse["owner_ids"]) == ([], [3])
    assert (warehouse["otype"], warehouse["url"]) == ("data", "/data/8/")
    assert "trouble" not in warehouse
    answer = alation.call("GET", f"{V2}/datasource/99/")
    assert (answer.status_code, answer.json()["code"]) == (404, "404000")


def test_hidden_and_suspended_data_sources(alation: Alation) -> None:
    alation.tune(data_sources={6: {"is_hidden": True}, 8: {"suspended": True}})

    def ids(**query: str) -> list[int]:
        return [each["id"] for each in alation.ok("GET", f"{V2}/datasource/", **query)]

    assert ids() == [8]
    assert ids(include_hidden="true") == [6, 8]
    assert ids(include_hidden="true", exclude_suspended="true") == [6]
