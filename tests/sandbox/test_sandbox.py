"""Starting, seeding and keeping a sandbox; who may do what in it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandbox_api import CUSTOMERS, Api

from catalogctl.sandbox import Sandbox
from catalogctl.sandbox.openmetadata.seeding import SeedError

SAMPLE: dict[str, Any] = {
    "databaseService": {"name": "sample_data", "serviceType": "BigQuery"},
    "database": {"name": "ecommerce_db", "description": "mock"},
    "databaseSchema": {"name": "shopify"},
    "tables": [
        {
            "name": "dim.api/client",
            "tableType": "Regular",
            "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["id"]}],
            "tags": [],
            "columns": [
                {"name": "id", "dataType": "NUMERIC", "tags": [], "ordinalPosition": 1},
                {"name": "tags", "dataType": "ARRAY", "arrayDataType": "STRING", "tags": []},
            ],
        }
    ],
    "messagingService": {"name": "sample_kafka", "serviceType": "Kafka"},
    "topics": [
        {
            "name": "events",
            "partitions": 56,
            "cleanupPolicies": ["delete"],
            "schemaType": "Avro",
            "schemaText": "{}",
            "sampleData": [],
        }
    ],
    "teams": [{"name": "Sales"}],
    "users": [{"name": "aaron_johnson0", "displayName": "Aaron Johnson", "teams": "Sales"}],
}


def test_it_starts_and_stops_at_once() -> None:
    start = time.monotonic()
    with Sandbox() as sandbox:
        assert (
            httpx.get(f"{sandbox.openmetadata_url}/api/v1/system/version")
            .json()["version"]
            .startswith("2.0.")
        )
        assert time.monotonic() - start < 1
    assert time.monotonic() - start < 2


def test_the_variables_open_it() -> None:
    with Sandbox(mode="1.6") as sandbox:
        variables = sandbox.variables()
        answer = httpx.get(
            f"{variables['OPENMETADATA_HOST']}/v1/users/loggedInUser",
            headers={"Authorization": f"Bearer {variables['OPENMETADATA_JWT_TOKEN']}"},
        )
    assert answer.json()["name"] == "ingestion-bot"


def test_data_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Sandbox(data=path) as sandbox:
        api = Api(sandbox)
        api.patch(f"/tables/name/{CUSTOMERS}", ("/description", "kept"))
        bob = api.get("/users/name/bob")["id"]
        table = api.table()
        api.http.put(f"/tables/{table['id']}/followers", json=bob)
        before = api.table(fields="followers,votes,tags,columns")
        api.http.close()
    with Sandbox(data=path, seed=None) as sandbox:
        api = Api(sandbox)
        after = api.table(fields="followers,votes,tags,columns")
        assert api.get(f"/tables/{after['id']}/versions/0.1")["version"] == 0.1
        api.http.close()
    assert _without_links(after) == _without_links(before)
    assert after["description"] == "kept"


def _without_links(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_links(entry) for name, entry in value.items() if name != "href"}
    return [_without_links(entry) for entry in value] if isinstance(value, list) else value


def test_a_seed_may_be_a_file_of_one_schema(tmp_path: Path) -> None:
    path = tmp_path / "sample.json"
    path.write_text(json.dumps(SAMPLE))
    with Sandbox(seed=path) as sandbox:
        api = Api(sandbox)
        table = api.get('/tables/name/sample_data.ecommerce_db.shopify."dim.api%2Fclient"')
        assert table["columns"][1]["dataTypeDisplay"] == "array"
        topic = api.get("/topics/name/sample_kafka.events")
        assert topic["messageSchema"]["schemaType"] == "Avro"
        user = api.get("/users/name/aaron_johnson0", fields="teams")
        assert [team["name"] for team in user["teams"]] == ["Sales"]
        api.http.close()


def test_without_a_seed_only_the_built_in_is_there() -> None:
    with Sandbox(seed=None) as sandbox:
        api = Api(sandbox)
        assert api.get("/tables", limit=0)["paging"]["total"] == 0
        assert api.get("/tags/name/Tier.Tier1")["name"] == "Tier1"
        api.http.close()


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"shelves": []}, "unknown part of a seed: shelves"),
        ({"tables": [{"name": "t", "columns": []}]}, "a table needs its databaseSchema"),
        ({"teams": [{"name": "a::b"}]}, "team 'a::b': [name must match"),
    ],
)
def test_a_bad_seed_says_what_is_wrong(seed: dict[str, Any], message: str) -> None:
    with pytest.raises(SeedError, match=message.replace("[", r"\[")):
        Sandbox(seed=seed)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown mode"):
        Sandbox(mode="3.0")
    with pytest.raises(ValueError, match="messaging_csv"):
        Sandbox(messaging_csv="maybe")


def test_ids_are_the_same_on_every_run() -> None:
    def found() -> str:
        with Sandbox() as sandbox:
            api = Api(sandbox)
            table = api.table()
            api.http.close()
            return str(table["id"])

    assert found() == found()


@pytest.mark.parametrize(
    ("user", "path", "value", "status"),
    [
        ("alice", "/description", "x", 200),
        ("alice", "/displayName", "x", 403),
        ("alice", "/owners", [], 403),
        ("carol", "/displayName", "x", 200),
        ("carol", "/owners", [], 200),
        ("dave", "/displayName", "x", 200),
        ("viewer", "/description", "x", 403),
        ("ingestion-bot", "/displayName", "x", 200),
    ],
)
def test_rights_differ(
    user: str, path: str, value: Any, status: int, as_user: Callable[[str], Api]
) -> None:
    api = as_user(user)
    assert api.patch(f"/tables/name/{CUSTOMERS}", (path, value)).status_code == status


def test_an_import_needs_edit_all_even_if_dry(as_user: Callable[[str], Api]) -> None:
    for user in ("alice", "carol", "viewer"):
        api = as_user(user)
        answer = api.http.put(
            f"/tables/name/{CUSTOMERS}/import?dryRun=true",
            content="x",
            headers={"Content-Type": "text/plain"},
        )
        assert answer.status_code == 403


def test_a_denial_names_its_rule(as_user: Callable[[str], Api]) -> None:
    api = as_user("viewer")
    answer = api.patch(f"/tables/name/{CUSTOMERS}", ("/description", "x"))
    assert answer.json()["message"] == (
        "Principal: CatalogPrincipal{name='viewer'} operation EditDescription denied by role "
        "ReadOnlyRole, policy ReadOnlyPolicy, rule ReadOnlyPolicy-DenyEdits"
    )
    listed = api.get(f"/permissions/table/name/{CUSTOMERS}")["permissions"]
    access = {entry["operation"]: entry["access"] for entry in listed}
    assert (access["ViewAll"], access["EditAll"], access["EditTags"]) == ("allow", "deny", "deny")


def test_pages_follow_cursors_both_ways(api: Api) -> None:
    first = api.get("/tables", limit=5)
    second = api.get("/tables", limit=5, after=first["paging"]["after"])
    back = api.get("/tables", limit=5, before=second["paging"]["before"])
    assert [row["name"] for row in back["data"]] == [row["name"] for row in first["data"]]
    seen = [row["name"] for row in first["data"] + second["data"]]
    assert seen == sorted(seen)
    assert first["paging"]["total"] == 14


def test_only_what_a_filter_names_is_listed(api: Api) -> None:
    finance = api.get("/tables", databaseSchema="snowflake_prod.analytics.finance", limit=100)
    assert len(finance["data"]) == 5
    assert api.get("/tables", database="snowflake_prod.analytics", limit=0)["paging"]["total"] == 14
    assert api.get("/topics", service="sample_kafka", limit=0)["paging"]["total"] == 6
    assert [user["name"] for user in api.get("/users", isBot="true")["data"]] == ["ingestion-bot"]
    members = api.get("/users", team="finance-team")["data"]
    assert [user["name"] for user in members] == ["frank", "grace.hopper"]


def test_calls_at_the_same_time_do_not_disturb_each_other(sandbox: Sandbox) -> None:
    names = ["customers", "orders", "payments", "products"]

    def work(name: str) -> list[str]:
        api = Api(sandbox)
        path = f"/tables/name/snowflake_prod.analytics.public.{name}"
        seen = []
        for number in range(15):
            api.patch(path, ("/description", f"{name} {number}"))
            api.get("/tables", fields="owners,tags,followers,votes,columns", limit=100)
            seen.append(api.get(path)["description"])
        api.http.close()
        return seen

    with ThreadPoolExecutor(len(names)) as pool:
        for name, seen in zip(names, pool.map(work, names), strict=True):
            assert seen == [f"{name} {number}" for number in range(15)]
