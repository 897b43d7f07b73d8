"""Many things at once, within a limit, and how far they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

IN_FLIGHT = 32
"""Objects under way at once; the client has its own limit for requests, which is the real one."""

Progress = Callable[[str, int, int], None]
"""Told what is going on, how much of it is done, and of how much."""


def silent(doing: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


async def each(work: Callable[[T], Awaitable[R]], items: Iterable[T], limit: int) -> list[R]:
    """`work` on every item, at most `limit` at once; results in the order of the items.

    After an unexpected failure the others are stopped and awaited before it is raised: nothing
    goes on writing behind the caller's back.
    """
    gate = asyncio.Semaphore(limit)

    async def guarded(item: T) -> R:
        async with gate:
            return await work(item)

    tasks = [asyncio.ensure_future(guarded(item)) for item in items]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
