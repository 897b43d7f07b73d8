"""Following a job to its end, and what its result says.

A job that is `successful` may hold errors all the same, and on cloud servers a job that writes
custom fields only starts a second one, named in its texts. Sources: Alation's documentation of its
jobs, and its SDK's tests; what a failed job's result looks like is inferred.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from catalogctl.errors import BadResponse, CatalogError
from catalogctl.providers.alation.api import Api

PATIENCE = 300.0
"""Seconds. Small jobs take less than ten; what a job does later, the next plan finds."""
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 3.0
_SECOND = re.compile(r"\(can be tracked using jobs API\):\s*(\d+)\s*$")


class StillRunning(BadResponse):
    """A job that has not ended. What it does yet, only reading tells."""


async def follow(
    api: Api,
    number: int,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Wait for the end of a job, and of those that it started.

    Raises `CatalogError` with the server's words when one fails, reports errors, or does not end.
    """
    until, left, seen = clock() + PATIENCE, {number}, {number}
    while left:
        result = await _ended(api, left.pop(), until, clock, sleep)
        left |= set(_started(result)) - seen
        seen |= left


async def _ended(
    api: Api,
    number: int,
    until: float,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> Any:
    pause = FIRST_PAUSE
    while True:
        job = await api.job(number)
        status = (job.status or "").lower()
        words = "; ".join(errors_of(job.result))
        if not status:
            raise _problem(api, f"job {number} has no status, so nobody knows how it ended")
        if status == "failed":
            why = words or _shown(job.result) or job.msg or "the server does not say why"
            raise _problem(api, f"job {number} failed: {why}")
        if status == "successful":
            if words:
                raise _problem(api, words)
            return job.result
        if clock() >= until:
            text = f"job {number} has not ended after {PATIENCE:.0f} s: it is {status}"
            raise StillRunning(text, catalog=api.client.catalog)
        await sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def errors_of(result: Any) -> Iterator[str]:
    """What a result says went wrong, entry by entry."""
    for entry in result if isinstance(result, list) else [result]:
        errors = entry.get("errors") or entry.get("error") if isinstance(entry, dict) else None
        for error in errors if isinstance(errors, list) else [errors]:
            if error:
                yield error if isinstance(error, str) else _shown(error)


def _started(result: Any) -> Iterator[int]:
    """The jobs that go on with the work."""
    for text in result if isinstance(result, list) else [result]:
        found = _SECOND.search(text) if isinstance(text, str) else None
        if found is not None:
            yield int(found[1])


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, map(_shown, value)))
    return "" if value is None else str(value)


def _problem(api: Api, message: str) -> CatalogError:
    return BadResponse(message, catalog=api.client.catalog)
