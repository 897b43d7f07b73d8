"""Waiting for runs to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from catalogctl.errors import Unreachable
from catalogctl.providers.actions import Ending, Order
from catalogctl.providers.posthog import following
from catalogctl.providers.posthog.following import End, follow
from catalogctl.providers.posthog.wire import Schema
from unit.providers.posthog.hogs import address, schema

RUNNING = schema(status="Running")
DONE = schema(status="Completed")
FAILED = schema(name="items", status="Failed", latest_error="disk full")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between two looks; nothing is."""
    noted: list[float] = []

    async def stopped(stop: asyncio.Event, seconds: float) -> bool:
        noted.append(seconds)
        return stop.is_set()

    monkeypatch.setattr(following, "_stopped", stopped)
    return noted


def followed(*looks: Sequence[Schema], order: Order | None = None, **more: Any) -> End:
    left = list(looks)

    async def look() -> Sequence[Schema]:
        return left.pop(0) if len(left) > 1 else left[0]

    return asyncio.run(follow(look, order or Order("reload", address()), **more))


def test_a_run_that_has_ended_at_once_is_not_waited_for(pauses: list[float]) -> None:
    assert followed([DONE]).ending is Ending.DONE
    assert pauses == []


def test_pauses_grow_up_to_ten_seconds(pauses: list[float]) -> None:
    end = followed(*[[RUNNING]] * 12, [DONE])
    assert (end.ending, end.message) == (Ending.DONE, "orders: Completed")
    assert pauses[:3] == [1.0, 1.5, 2.25]
    assert pauses[-1] == 10.0
    assert len(pauses) == 12


def test_progress_says_what_is_waited_for(pauses: list[float]) -> None:
    told: list[tuple[str, int, int]] = []
    progress: Callable[[str, int, int], None] = lambda *each: told.append(each)  # noqa: E731
    followed([RUNNING, FAILED], [FAILED], order=Order("reload", address(), progress=progress))
    followed([RUNNING], [DONE], order=Order("reload", address(), progress=progress))
    assert told == [("waiting for orders", 1, 2), ("waiting for orders, seconds", 0, 1800)]


def test_a_failed_run_is_a_failure_and_some_of_them_a_part(pauses: list[float]) -> None:
    assert followed([FAILED]) == End(Ending.FAILED, "items: Failed, disk full", (FAILED,))
    assert followed([FAILED, DONE]).ending is Ending.PARTLY
    assert followed([FAILED], failing_is_fine=True).ending is Ending.DONE
    billing = schema(status="Billing limits")
    assert followed([billing]).message == "orders: Billing limits, no reason"


def test_time_that_is_up_says_that_it_still_runs() -> None:
    end = followed([RUNNING], order=Order("reload", address(), wait_seconds=0.02))
    assert (end.ending, end.message) == (
        Ending.FAILED,
        "the time is up, and it still runs: orders",
    )


def test_somebody_may_stop_the_waiting() -> None:
    async def work() -> End:
        order = Order("reload", address())
        order.stop.set()

        async def look() -> Sequence[Schema]:
            return [RUNNING]

        return await follow(look, order)

    assert asyncio.run(work()).ending is Ending.INTERRUPTED


def test_a_status_that_cannot_be_read_ends_the_waiting(pauses: list[float]) -> None:
    async def look() -> Sequence[Schema]:
        raise Unreachable("cut the connection")

    end = asyncio.run(follow(look, Order("reload", address())))
    assert end == End(Ending.FAILED, "how it goes on could not be read: cut the connection")


def test_nothing_to_wait_for_is_done() -> None:
    assert followed([]).ending is Ending.DONE
