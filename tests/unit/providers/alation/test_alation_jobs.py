"""Following jobs."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from catalogctl.errors import BadResponse, CatalogError
from catalogctl.providers.alation import jobs
from catalogctl.providers.alation.api import Api
from unit.providers.alation.fake import Answer, Fake

SECOND = "Started (can be tracked using jobs API): 8"


def follow(**states: list[Any]) -> list[str]:
    """Follow job 7, where each look at job N takes the next of `jN`, and its last one for ever."""
    fake = Fake()
    now = 0.0

    def look(request: httpx.Request) -> Answer:
        looks = states[f"j{request.url.params['id']}"]
        return 200, looks.pop(0) if len(looks) > 1 else looks[0]

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        await asyncio.sleep(0)

    fake.answers["GET /api/v1/bulk_metadata/job/"] = look

    async def work(api: Api) -> None:
        await jobs.follow(api, 7, clock=lambda: now, sleep=sleep)

    fake.run(work)
    return [each.url.params["id"] for each in fake.asked]


def done(*result: Any) -> dict[str, Any]:
    return {"status": "successful", "msg": "Job finished", "result": list(result)}


RUNNING = {"status": "running", "msg": "", "result": None}
GOOD = {"response": "Updated 1 table objects.", "mapping": [{"id": 1, "key": "k"}], "errors": []}


def test_a_job_is_looked_at_until_it_ends() -> None:
    assert follow(j7=[RUNNING, RUNNING, done(GOOD)]) == ["7"] * 3
    assert follow(j7=[{"status": "SUCCESSFUL"}]) == ["7"]


def test_the_second_job_is_followed_and_none_twice() -> None:
    assert follow(j7=[done("one", SECOND)], j8=[RUNNING, done()]) == ["7", "8", "8"]
    circle = SECOND.replace("8", "7")
    assert follow(j7=[done(SECOND)], j8=[done(circle)]) == ["7", "8"]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({"j7": [{"status": "failed", "msg": "m", "result": None}]}, "job 7 failed: m"),
        ({"j7": [{"status": "Failed", "result": ["one", "two"]}]}, "job 7 failed: one; two"),
        ({"j7": [{"status": "failed"}]}, "the server does not say why"),
        ({"j7": [done({**GOOD, "errors": ["key: unknown"]})]}, "key: unknown"),
        ({"j7": [done({**GOOD, "errors": [{"key": ["bad"]}]})]}, "bad"),
        ({"j7": [{"status": "successful", "result": {"error": "no"}}]}, "no"),
        ({"j7": [done(SECOND)], "j8": [{"status": "failed", "msg": "m"}]}, "job 8 failed: m"),
        ({"j7": [{"result": None}]}, "job 7 has no status"),
        ({"j7": [RUNNING]}, "job 7 has not ended after 300 s: it is running"),
        ({"j7": [{"status": "skipped"}]}, "it is skipped"),
    ],
)
def test_what_went_wrong_is_said(states: dict[str, list[Any]], said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        follow(**states)


def test_a_job_that_failed_is_told_from_one_of_which_nobody_knows() -> None:
    with pytest.raises(jobs.Failed):
        follow(j7=[{"status": "failed", "msg": "m"}])
    with pytest.raises(jobs.Failed, match=r": key: 400068: bad$"):
        follow(j7=[done({**GOOD, "errors": [{"key": ["400068: bad"]}]})])
    fake = Fake()

    async def work(api: Api) -> None:
        await jobs.follow(api, 7)

    with pytest.raises(BadResponse, match="job 7 cannot be looked at") as caught:
        fake.run(work)  # which answers 404
    assert not isinstance(caught.value, jobs.Failed)
