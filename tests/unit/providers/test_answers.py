"""Pages of several lists: all of them, side by side, and only a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from catalogctl.providers.answers import merged


class Lists:
    """Lists of pages; counts the pages that were asked for and are not looked through yet."""

    def __init__(self, *lengths: int) -> None:
        self.lengths = lengths
        self.outstanding = 0
        self.most = 0

    def calls(self) -> list[Callable[[], Awaitable[str | None]]]:
        return [self._of(number, length) for number, length in enumerate(self.lengths)]

    def _of(self, number: int, length: int) -> Callable[[], Awaitable[str | None]]:
        pages = iter(range(length))

        async def following() -> str | None:
            page = next(pages, None)
            if page is None:
                return None
            self.outstanding += 1
            self.most = max(self.most, self.outstanding)
            await asyncio.sleep(0)
            return f"{number}.{page}"

        return following

    async def read(self, at_once: int) -> list[str]:
        found = []
        async for page in merged(self.calls(), at_once):
            found.append(page)
            for _ in range(10):  # whoever may go on does
                await asyncio.sleep(0)
            self.outstanding -= 1
        return found


@pytest.mark.parametrize("lengths", [(), (0,), (3,), (1, 1, 1, 1, 1), (0, 4, 1, 0, 2)], ids=str)
@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_every_page_of_every_list_comes_once(lengths: tuple[int, ...], at_once: int) -> None:
    lists = Lists(*lengths)
    expected = {f"{n}.{page}" for n, length in enumerate(lengths) for page in range(length)}
    found = asyncio.run(lists.read(at_once))
    assert sorted(found) == sorted(expected)
    for number in range(len(lengths)):
        own = [page for page in found if page.startswith(f"{number}.")]
        assert own == sorted(own)


@pytest.mark.parametrize("lengths", [(9,), (1,) * 20, (3,) * 10], ids=str)
@pytest.mark.parametrize("at_once", [2, 4])
def test_only_so_many_pages_are_there_at_once(lengths: tuple[int, ...], at_once: int) -> None:
    lists = Lists(*lengths)
    asyncio.run(lists.read(at_once))
    assert lists.most <= at_once
    assert lists.most == at_once or len(lengths) == 1


def test_a_list_that_fails_ends_them_all() -> None:
    stopped = []

    async def fails() -> str | None:
        raise ValueError("no page")

    async def waits() -> str | None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(True)
        return None

    async def read() -> None:
        async for _ in merged([waits, fails, waits], 4):
            pass

    with pytest.raises(ValueError, match="no page"):
        asyncio.run(read())
    assert stopped == [True, True]


def test_who_wants_no_more_leaves_nothing_behind() -> None:
    async def endless() -> str | None:
        await asyncio.sleep(0)
        return "page"

    async def read() -> int:
        pages = merged([endless, endless], 2)
        assert await anext(pages) == "page"
        await pages.aclose()  # type: ignore[attr-defined]
        return len(asyncio.all_tasks())

    assert asyncio.run(read()) == 1
