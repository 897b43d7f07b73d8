"""Syncs: how many at once, and why one was refused."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from catalogctl.errors import CatalogError
from catalogctl.providers.alation.api import Api
from catalogctl.providers.alation.mapping import Name
from catalogctl.providers.alation.reading import Reading
from catalogctl.providers.alation.syncing import AT_ONCE, Syncer, excludes
from catalogctl.providers.alation.wire import DataSource
from unit.providers.alation.fake import Answer, Fake, body

SYNC = "POST /api/v1/table/sync/"
NAME = Name(8, "main.dbo", "foobar")


def sync(fake: Fake, *names: Name, table_type: str = "TABLE") -> list[Any]:
    async def work(api: Api) -> list[Any]:
        api.client.writing = True
        syncer = Syncer(api, Reading(api))
        return await asyncio.gather(
            *(syncer.sync(name, table_type) for name in names), return_exceptions=True
        )

    return fake.run(work)


def test_a_data_source_has_one_sync_at_a_time_and_a_server_few() -> None:
    running: list[int] = []
    most: list[int] = []

    async def slow(request: httpx.Request) -> Answer:
        ds_id = body(request)["datasource_id"]
        assert ds_id not in running
        running.append(ds_id)
        most.append(len(running))
        await asyncio.sleep(0.002)
        running.remove(ds_id)
        return 201, {"id": 1}

    fake = Fake()
    fake.answers[SYNC] = slow
    names = [Name(ds_id, "s", f"t{number}") for number in range(4) for ds_id in range(5)]
    found = sync(fake, *names)
    assert [synced.id for synced, _ in found] == [1] * 20
    assert max(most) == AT_ONCE


def test_the_type_is_always_sent() -> None:
    fake = Fake()
    fake.answers[SYNC] = (201, {"id": 1, "url": "/table/1/"})
    ((synced, answer),) = sync(fake, NAME, table_type="VIEW")
    assert (synced.id, answer["url"]) == (1, "/table/1/")
    assert body(fake.asked[0]) == {
        "datasource_id": 8,
        "schema": "main.dbo",
        "table": "foobar",
        "table_type": "VIEW",
    }


SERVER = {"id": 7, "username": "ann", "role": "SERVER_ADMIN"}


@pytest.mark.parametrize(
    ("status", "others", "said"),
    [
        (400, {"datasource/8/": (200, {"id": 8, "exclude_schemas": ["MAIN.DBO"]})}, "is excluded"),
        (400, {"datasource/8/": (200, {"id": 8, "limit_schemas": [["x", "y"]]})}, "is excluded"),
        (400, {}, "Alation does not take main.dbo.foobar: the server's words"),
        (400, {"datasource/8/": (500, {})}, "the server's words"),
        (403, {"userinfo/": (200, {**SERVER, "role": "STEWARD"})}, "ann is STEWARD, and only an"),
        (403, {}, "either the service account of data source 8 may not see main.dbo.foobar, or"),
        (404, {"datasource/8/": (404, {})}, "data source 8 is not there, or the token may not"),
        (404, {"schema/": (200, [{"id": 1, "name": "Main.DBO"}])}, "schema main.dbo has no TABLE"),
        (404, {"schema/": (200, [])}, "either data source 8 has no schema main.dbo, or the schema"),
        (500, {}, "Alation could not connect to data source 8: the server's words"),
        (503, {}, "the server's words"),
    ],
)
def test_reasons_that_share_a_status_are_told_apart_by_reading(
    status: int, others: dict[str, Answer], said: str
) -> None:
    fake = Fake()
    fake.answers[SYNC] = (status, {"detail": "the server's words"})
    for path, answer in others.items():
        version = 1 if path == "userinfo/" else 2
        fake.answers[f"GET /integration/v{version}/{path}"] = answer
    (problem,) = sync(fake, NAME)
    assert isinstance(problem, CatalogError)
    assert problem.status == status
    assert said in problem.message
    assert not problem.again
    assert fake.calls("/sync/") == [SYNC]


def test_what_settings_do_not_tell_of_a_schema_is_left_to_look_at() -> None:
    fake = Fake()
    fake.answers[SYNC] = (400, {})
    (problem,) = sync(fake, NAME)
    assert "Per-Object Settings" in problem.hint


def test_a_virtual_data_source_is_called_one() -> None:
    fake = Fake()
    fake.answers[SYNC] = (404, {"detail": "Not found."})
    fake.answers["GET /integration/v2/datasource/8/"] = (404, {"detail": "Not found."})
    fake.answers["GET /integration/v1/datasource/"] = (200, [{"id": 8, "is_virtual": True}])
    (problem,) = sync(fake, NAME)
    assert "data source 8 is virtual" in problem.message


def test_a_token_that_is_no_good_any_more_is_told_from_a_missing_right() -> None:
    fake = Fake()
    fake.answers[SYNC] = (403, {"detail": "No."})
    fake.answers["GET /integration/v1/userinfo/"] = (403, {"detail": "No."})
    (problem,) = sync(fake, NAME)
    assert "the API access token is not accepted" in problem.message


@pytest.mark.parametrize(
    ("settings", "excluded"),
    [
        ({}, False),
        ({"exclude_schemas": ["main.dbo"]}, True),
        ({"exclude_schemas": [["Main", "dbo"]]}, True),
        ({"exclude_schemas": ["main"], "limit_schemas": []}, False),
        ({"limit_schemas": ["main.dbo", "x"]}, False),
        ({"limit_schemas": ["x"]}, True),
    ],
)
def test_the_settings_say_which_schemas_stay_out(settings: Any, excluded: bool) -> None:
    assert excludes(DataSource(8, **settings), "main.dbo") is excluded
