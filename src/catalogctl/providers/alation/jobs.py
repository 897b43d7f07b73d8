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

from catalogctl.errors import BadResponse, NotFound
from catalogctl.providers.alation.api import Api, in_words
from catalogctl.providers.alation.wire import Job

PATIENCE = 300.0
"""Seconds. Small jobs take less than ten; what a job does later, the next plan finds."""
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 3.0
_SECOND = re.compile(r"\(can be tracked using jobs API\):\s*(\d+)\s*$")


class Failed(BadResponse):
    """A job that failed, or reports errors: a part of it may be written all the same."""


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

    Raises `Failed` with the server's words when one fails or reports errors, `StillRunning` when
    one does not end, and other `CatalogError`s when nobody can tell.
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
        job = await _look(api, number)
        status = (job.status or "").lower()
        words = "; ".join(errors_of(job.result))
        if not status:
            text = f"job {number} has no status, so nobody knows how it ended"
            raise BadResponse(text, catalog=api.client.catalog)
        if status == "failed":
            why = words or in_words(job.result) or job.msg or "the server does not say why"
            raise Failed(f"job {number} failed: {why}", catalog=api.client.catalog)
        if status == "successful":
            if words:
                raise Failed(words, catalog=api.client.catalog)
            return job.result
        if clock() >= until:
            text = f"job {number} has not ended after {PATIENCE:.0f} s: it is {status}"
            raise StillRunning(text, catalog=api.client.catalog)
        await sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _look(api: Api, number: int) -> Job:
    """A job as it is. That there is none is no word about the objects that it is to write."""
    try:
        return await api.job(number)
    except NotFound as problem:
        said = problem.message
    text = f"job {number} cannot be looked at, so nobody knows how it ended: {said}"
    raise BadResponse(text, catalog=api.client.catalog)


def errors_of(result: Any) -> Iterator[str]:
    """What a result says went wrong, entry by entry."""
    for entry in result if isinstance(result, list) else [result]:
        errors = entry.get("errors") or entry.get("error") if isinstance(entry, dict) else None
        for error in errors if isinstance(errors, list) else [errors]:
            if error:
                yield in_words(error)


def _started(result: Any) -> Iterator[int]:
    """The jobs that go on with the work."""
    for text in result if isinstance(result, list) else [result]:
        found = _SECOND.search(text) if isinstance(text, str) else None
        if found is not None:
            yield int(found[1])
