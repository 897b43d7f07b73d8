"""PostHog: keys that may not, projects that are not there, and servers that fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from catalogctl import planning
from catalogctl.config import Connection
from catalogctl.model import Address, Desired
from catalogctl.providers import connect
from catalogctl.providers.base import Provider
from e2e.posthog_project import CONFIGURATION, ERAS, NEW, POSTGRES, HogProject, eras, opened

EVENTS = {
    "should_sync": True,
    "sync_type": "incremental",
    "incremental_field": "occurred_at",
    "incremental_field_type": "timestamp",
}


newest = pytest.mark.parametrize("shop", ["2026-09"], indirect=True)


def test_a_key_that_only_reads_plans_unverified(shop: HogProject) -> None:
    shop.act_as("read")
    scope = {"detail": "API key missing required scope 'external_data_source:write'"}
    shop.sandbox.faults.add(path="/wizard", times=None, status=403, body=scope)
    shop.source(description="x", job_inputs={"port": "1"}, schemas={"events": EVENTS})
    planned = shop.plan()
    field = planned.field("incremental_field", "DataSource/Postgres/prod_#events")
    assert field["verdict"] == "unverified"
    lacks = "the key lacks the scope external_data_source:write"
    assert f"not rehearsed: {lacks}" in field["message"]
    setting = planned.field("job_inputs.port", "DataSource/Postgres/prod_")
    assert setting["message"].endswith(f"which settings PostHog knows: {lacks}")
    done = shop.apply(code=1)
    assert set(done.outcomes.values()) == {"failed"}
    message = done.field("description", "DataSource/Postgres/prod_")["message"]
    assert message == f"{lacks} (HTTP 403)"


def test_a_key_without_the_scope_cannot_even_plan(shop: HogProject) -> None:
    shop.act_as("none")
    shop.schema("orders", sync_frequency="24hour")
    done = shop.plan(code=1)
    assert "the key lacks the scope external_data_source:read" in done.err


def test_an_unknown_key(shop: HogProject) -> None:
    shop.environ.setenv("POSTHOG_API_KEY", "phx_nobody")
    shop.schema("orders", sync_frequency="24hour")
    done = shop.plan(code=1)
    assert "Personal API key found in request Authorization header is invalid" in done.err
    assert "is the token right" in done.err
    assert "phx_nobody" not in done.err


@pytest.mark.parametrize(
    ("project", "said"),
    [
        ("2", "the key has no access to project 2"),
        ("99", "there is no such project; is project_id right"),
        ("shop", "there is no such project; is project_id right"),
    ],
)
def test_a_project_that_is_not_the_key_s(shop: HogProject, project: str, said: str) -> None:
    configuration = CONFIGURATION.replace("project_id: 1", f'project_id: "{project}"')
    (shop.root / "catalogctl.yaml").write_text(configuration, encoding="utf-8")
    shop.schema("orders", sync_frequency="24hour")
    assert said in shop.plan(code=1).err


def test_the_key_s_own_project_has_a_name(shop: HogProject) -> None:
    configuration = CONFIGURATION.replace("project_id: 1", 'project_id: "@current"')
    (shop.root / "catalogctl.yaml").write_text(configuration, encoding="utf-8")
    shop.schema("orders", sync_frequency="24hour")
    assert shop.plan().json["summary"]["update"] == 1


def test_the_plan_says_what_it_was_made_for(shop: HogProject) -> None:
    shop.schema("orders", sync_frequency="24hour")
    info = shop.plan().json["catalogs"]["posthog"]
    assert info == {
        "type": "posthog",
        "url": f"{shop.sandbox.posthog_url}/project/1",
        "server_version": f"API as of {shop.hog.era}",
        "principal": None,
    }


def test_a_plan_is_not_applied_to_another_project(shop: HogProject) -> None:
    shop.schema("orders", sync_frequency="24hour")
    shop.plan("--out", "plan.json")
    shop.act_as("second")
    configuration = CONFIGURATION.replace("project_id: 1", "project_id: 2")
    (shop.root / "catalogctl.yaml").write_text(configuration, encoding="utf-8")
    done = shop.apply("plan.json", code=4)
    assert "PLAN904" in done.out + done.err
    assert shop.written() == []


SHAPES: dict[str, tuple[int, Any, str]] = {
    "standard": (
        400,
        {"type": "validation_error", "code": "x", "detail": "Not so.", "attr": "sync_frequency"},
        "sync_frequency: Not so. (HTTP 400)",
    ),
    "message": (400, {"message": "Monthly sync limit reached."}, "Monthly sync limit reached."),
    "detail": (400, {"detail": "Couldn't start the sync."}, "Couldn't start the sync."),
    "success": (400, {"success": False, "error": "No such input."}, "No such input."),
    "empty": (400, "", "HTTP 400 Bad Request"),
    "page": (502, "<html><title>Bad gateway</title></html>", "Bad gateway"),
}


@pytest.mark.parametrize("shape", SHAPES)
@newest
def test_every_shape_of_error_is_told_in_words(shop: HogProject, shape: str) -> None:
    status, body, said = SHAPES[shape]
    shop.sandbox.faults.add(method="PATCH", times=None, status=status, body=body)
    shop.schema("orders", sync_frequency="24hour")
    message = shop.apply(code=1).field("sync_frequency")["message"]
    assert said in message
    assert "{" not in message


@newest
def test_a_limit_is_waited_out(shop: HogProject) -> None:
    shop.sandbox.faults.add(method="GET", status=429, headers={"Retry-After": "0.01"})
    shop.sandbox.faults.add(method="PATCH", status=429, headers={"Retry-After": "0.01"})
    shop.schema("orders", sync_frequency="24hour")
    assert shop.apply().outcomes == {"DataSource/Postgres/prod_#orders": "applied"}


@newest
def test_one_schema_that_fails_leaves_the_others_alone(shop: HogProject) -> None:
    shop.hog.tune(unsaveable=["orders"])
    schemas = {name: {"sync_frequency": "7day"} for name in ("orders", "customers")}
    shop.source(schemas=schemas)
    assert shop.apply(code=5).outcomes == {
        "DataSource/Postgres/prod_#customers": "applied",
        "DataSource/Postgres/prod_#orders": "failed",
    }


@newest
def test_a_source_that_is_gone_is_refused(shop: HogProject) -> None:
    old = shop.hog.source("Stripe")["id"]
    shop.hog.call("DELETE", f"sources/{old}/")
    shop.source("Stripe", "", description="Newer")
    field = shop.plan(code=1).field("source_type")
    assert "PostHog has no Stripe source without a prefix" in field["message"]


@newest
def test_what_somebody_else_changed_is_left_alone(shop: HogProject) -> None:
    shop.schema("orders", sync_frequency="24hour")
    shop.plan("--out", "plan.json")
    shop.hog.set("orders", sync_frequency="7day")
    done = shop.apply("plan.json", code=1)
    assert done.outcomes == {"DataSource/Postgres/prod_#orders": "skipped"}
    assert shop.hog.schema("orders")["sync_frequency"] == "7day"


@newest
def test_a_saved_plan_creates_a_source(shop: HogProject) -> None:
    shop.source(**NEW, schemas={"coupons": {"should_sync": False}})
    shop.plan("--out", "plan.json")
    assert json.loads((shop.root / "plan.json").read_text("utf-8"))["summary"]["create"] == 2
    assert set(shop.apply("plan.json").outcomes.values()) == {"applied"}


# -- a provider that lives longer than what it remembers


def test_a_source_that_was_made_anew_is_found_under_its_new_id(shop: HogProject) -> None:
    desired = Desired(Address("posthog", "DataSource", "Postgres/new_"), {"description": "x"})
    created = {
        "source_type": "Postgres",
        "prefix": "new_",
        "payload": {**POSTGRES, "schemas": [{"name": "coupons"}]},
    }

    async def work(provider: Provider) -> None:
        old = shop.hog.ok("POST", "sources/", created)["id"]
        (seen,) = [each async for each in provider.read([desired])]
        change = planning.compare(desired, seen, provider.rules)
        assert change is not None
        shop.hog.call("DELETE", f"sources/{old}/")
        shop.hog.ok("POST", "sources/", created)
        provider.allow_writes()
        (again,) = await provider.reread([change])
        assert await provider.write([(change, again)]) == [{}]
        (proof,) = await provider.reread([change])
        assert proof.fields == {"description": "x"}

    with_provider(shop, work)


def test_all_pages_are_read_since_a_name_may_be_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = {"source_type": "Postgres", "job_inputs": POSTGRES, "schemas": []}
    seed = {"sources": [{**source, "prefix": f"p{number}"} for number in range(203)]}
    with eras(ERAS[-1], posthog_seed=seed) as hogs:
        for shop in opened(hogs[ERAS[-1]], tmp_path, monkeypatch, capsys):
            shop.source(prefix="p7", description="x")
            shop.source("Postgres", "p201", description="x")
            assert shop.plan().json["summary"]["update"] == 2
            assert shop.asked() == [*["GET sources"] * 3, *["GET sources/ID"] * 2]


def test_few_requests_are_sent_when_nothing_is_asked(shop: HogProject) -> None:
    async def work(provider: Provider) -> None:
        assert [each async for each in provider.read([])] == []
        assert await provider.check([]) == []
        assert await provider.rehearse([]) == []
        assert await provider.history([]) == {}

    shop.sandbox.clear_requests()
    with_provider(shop, work)
    assert shop.sandbox.requests() == []


def with_provider(shop: HogProject, work: Callable[[Provider], Awaitable[None]]) -> None:
    connection = Connection(
        "posthog",
        "posthog",
        shop.sandbox.posthog_url,
        token=shop.sandbox.posthog_key(),
        options={"project_id": "1"},
    )

    async def connected() -> None:
        provider = connect(connection)
        try:
            await work(provider)
        finally:
            await provider.close()

    asyncio.run(connected())
