"""What providers do alike with answers: decode them, and take them as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from catalogctl.client import Response
from catalogctl.errors import BadResponse

T = TypeVar("T")


def decoded(response: Response, decoder: msgspec.json.Decoder[T]) -> T:
    """The answer as the decoder's type. Raises `BadResponse`, saying what came instead."""
    try:
        return decoder.decode(response.content)
    except msgspec.DecodeError as problem:
        why = problem
    response.json()  # says what came instead, when it is not JSON at all
    raise BadResponse(
        f"an answer that cannot be understood: {why}",
        catalog=response.catalog,
        operation=response.operation,
        status=response.status,
    )


async def as_they_come(works: Iterable[Coroutine[Any, Any, T]]) -> AsyncIterator[T]:
    """The results of works that run side by side. When one fails, or nobody wants more, the others
    are stopped and awaited: nothing goes on behind the caller's back.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        for arrived in asyncio.as_completed(tasks):
            yield await arrived
    finally:
        await _stop(tasks)


async def merged(
    lists: Sequence[Callable[[], Awaitable[T | None]]], at_once: int
) -> AsyncIterator[T]:
    """Pages of several lists as they come; a list is called for each, until it answers None.

    So many pages at most are asked for, wait, or are looked at: memory stays flat, however many
    lists there are and however fast they come.
    """
    places = asyncio.Semaphore(at_once)
    queue: asyncio.Queue[T | Exception | None] = asyncio.Queue(maxsize=1)

    async def walk(following: Callable[[], Awaitable[T | None]]) -> None:
        try:
            page: T | None
            while True:
                await places.acquire()
                page = await following()
                await queue.put(page)
                if page is None:
                    return
                del page
        except Exception as problem:  # not when it is stopped: nobody looks at the queue then
            await queue.put(problem)

    tasks = [asyncio.ensure_future(walk(following)) for following in lists]
    running = len(tasks)
    try:
        while running:
            arrived = await queue.get()
            if isinstance(arrived, Exception):
                raise arrived
            if arrived is None:
                running -= 1
            else:
                yield arrived
            del arrived
            places.release()
    finally:
        await _stop(tasks)


async def _stop(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Until none of them is at work any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
