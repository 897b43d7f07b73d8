"""Pages of a list, from servers that omit what is null and from those that do not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import httpx
import pytest

from catalogctl.client import Client, Response
from catalogctl.errors import BadResponse, NotFound
from catalogctl.model import Address, Desired
from catalogctl.providers.openmetadata import api
from catalogctl.providers.openmetadata.provider import PAGES, OpenMetadata
from catalogctl.spec.packed import Fields

T = TypeVar("T")

ROW = '{"id": "1", "fullyQualifiedName": "a.b.c.t"%s}'


def listed(body: str) -> api.Listed:
    return api._listed(Response(200, httpx.Headers(), body.encode(), "om", "list the tables"))


@pytest.mark.parametrize("paging", ['{"total": 1}', '{"total": 1, "after": null}', "null"])
@pytest.mark.parametrize("row", ["", ', "tags": null, "columns": [{"name": "c", "tags": null}]'])
def test_what_is_null_is_as_if_it_were_left_out(paging: str, row: str) -> None:
    page = listed(f'{{"data": [{ROW % row}], "paging": {paging}}}')
    assert page.paging.after is None
    (entity,) = map(page.decode, page.rows)
    assert (entity.fullyQualifiedName, list(entity.tags)) == ("a.b.c.t", [])
    assert all(list(column.tags) == [] for column in entity.columns)


def test_a_total_that_is_a_text_is_still_a_number() -> None:
    assert listed('{"data": [], "paging": {"total": "3"}}').paging.total == 3


@pytest.mark.parametrize("body", ["<html>", "[]", '{"paging": {"total": 1}}', '{"data": 3}'])
def test_what_is_no_page_is_a_bad_response(body: str) -> None:
    with pytest.raises(BadResponse):
        listed(body)


def test_a_row_that_is_no_object_is_a_bad_response_when_it_is_taken() -> None:
    page = listed('{"data": [3]}')
    with pytest.raises(BadResponse, match="cannot be understood"):
        list(map(page.decode, page.rows))


Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]


def reading(handler: Handler, names: Sequence[str], look: Callable[[], T]) -> list[tuple[str, T]]:
    """Reads these tables from a server, and what `look` said when each was seen."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api/v1/tables"):
            return httpx.Response(200, json={"version": "1.6.0", "id": "u", "name": "bot"})
        return await handler(request)

    async def read() -> list[tuple[str, T]]:
        client = Client(
            catalog="om",
            base_url="http://catalog/api",
            auth={"Authorization": "Bearer x"},
            concurrency=16,
            transport=httpx.MockTransport(answer),
        )
        catalog = OpenMetadata("om", "http://catalog", client)
        fields = Fields.of({"description": "as is"})
        wanted = [Desired(Address("om", "Table", name), fields, (), fields.heads) for name in names]
        try:
            return [(each.address.name, look()) async for each in catalog.read(wanted)]
        finally:
            await catalog.close()

    return asyncio.run(read())


def table(name: str) -> dict[str, str]:
    return {"id": name, "fullyQualifiedName": name, "description": "as is"}


def page(names: Sequence[str], total: int, after: str | None = None) -> httpx.Response:
    paging = {"total": total, **({"after": after} if after else {})}
    return httpx.Response(200, json={"data": list(map(table, names)), "paging": paging})


def test_the_next_page_comes_in_while_this_one_is_compared() -> None:
    names = [f"a.b.c.t{number:03}" for number in range(400)]
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        for _ in range(3):  # what it takes until a request is on the wire
            await asyncio.sleep(0)
        if request.url.params["limit"] == "0":
            return page([], len(names))
        after = request.url.params.get("after", "")
        asked.append(after)
        return page(names[200:], 400) if after else page(names[:200], 400, "200")

    read_by_then = reading(answer, names, lambda: len(asked))
    assert [name for name, _ in read_by_then] == names
    assert read_by_then[0][1] == 1
    assert read_by_then[199][1] == 2


class Crowd:
    """How many requests are under way at once, when each waits for the others for a moment."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def join(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(50):
            await asyncio.sleep(0)
        self.now -= 1


def test_objects_are_read_by_name_side_by_side() -> None:
    names = [f"a.b.s{number:02}.t" for number in range(40)]  # one of many in each schema
    crowd = Crowd()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("limit") == "0":
            return page([], 1000)
        await crowd.join()
        return httpx.Response(200, json=table(request.url.path.rpartition("/")[2]))

    found = reading(answer, names, lambda: None)
    assert sorted(name for name, _ in found) == names
    assert crowd.most == 16


def test_lists_are_read_side_by_side_but_few_of_their_pages_at_once() -> None:
    schemas = [f"a.b.s{number:02}" for number in range(12)]
    names = [f"{schema}.t{number}" for schema in schemas for number in range(10)]
    crowd = Crowd()

    async def answer(request: httpx.Request) -> httpx.Response:
        schema = request.url.params.get("databaseSchema")
        if request.url.params["limit"] == "0":
            return page([], 10 if schema else 1000)
        await crowd.join()
        return page([f"{schema}.t{number}" for number in range(10)], 10)

    found = reading(answer, names, lambda: None)
    assert sorted(name for name, _ in found) == names
    assert crowd.most == PAGES


def test_when_one_of_many_lists_fails_the_others_are_left() -> None:
    schemas = [f"a.b.s{number:02}" for number in range(12)]
    names = [f"{schema}.t{number}" for schema in schemas for number in range(10)]

    async def answer(request: httpx.Request) -> httpx.Response:
        schema = request.url.params.get("databaseSchema")
        if request.url.params["limit"] == "0":
            return page([], 10 if schema else 1000)
        if schema == schemas[3]:
            return httpx.Response(404, json={"code": 404, "message": "no such schema"})
        await asyncio.sleep(60)
        return page([], 0)

    with pytest.raises(NotFound, match="no such schema"):
        reading(answer, names, lambda: None)
