"""What providers do alike with answers: decode them, and take them as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
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
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def merged(lists: Sequence[AsyncIterator[T]]) -> AsyncIterator[T]:
    """Pages of several lists as they come. One finished page waits at most: memory stays flat."""
    queue: asyncio.Queue[T | BaseException | None] = asyncio.Queue(maxsize=1)

    async def walk(pages: AsyncIterator[T]) -> None:
        try:
            async for page in pages:
                await queue.put(page)
                del page
            await queue.put(None)
        except BaseException as problem:
            await queue.put(problem)

    tasks = [asyncio.ensure_future(walk(pages)) for pages in lists]
    running = len(tasks)
    try:
        while running:
            arrived = await queue.get()
            if arrived is None:
                running -= 1
            elif isinstance(arrived, BaseException):
                raise arrived
            else:
                yield arrived
                del arrived
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
