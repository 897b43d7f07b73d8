"""Pages of a list, from servers that omit what is null and from those that do not."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from catalogctl.client import Client, Response
from catalogctl.errors import BadResponse
from catalogctl.model import Address, Desired
from catalogctl.providers.openmetadata import api
from catalogctl.providers.openmetadata.provider import OpenMetadata
from catalogctl.spec.packed import Fields

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


def test_the_next_page_comes_in_while_this_one_is_compared() -> None:
    names = [f"a.b.c.t{number:03}" for number in range(400)]
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        for _ in range(3):  # what it takes until a request is on the wire
            await asyncio.sleep(0)
        path, after = request.url.path, request.url.params.get("after", "")
        if path != "/api/v1/tables":
            return httpx.Response(200, json={"version": "1.6.0", "id": "u", "name": "bot"})
        if request.url.params["limit"] == "0":
            return httpx.Response(200, json={"data": [], "paging": {"total": len(names)}})
        asked.append(after)
        page = names[200:] if after else names[:200]
        rows = [{"id": name, "fullyQualifiedName": name, "description": "as is"} for name in page]
        paging = {"total": len(names), **({} if after else {"after": "200"})}
        return httpx.Response(200, json={"data": rows, "paging": paging})

    async def read() -> list[tuple[str, int]]:
        client = Client(
            catalog="om",
            base_url="http://catalog/api",
            auth={"Authorization": "Bearer x"},
            transport=httpx.MockTransport(answer),
        )
        catalog = OpenMetadata("om", "http://catalog", client)
        fields = Fields.of({"description": "as is"})
        wanted = [Desired(Address("om", "Table", name), fields, (), fields.heads) for name in names]
        try:
            return [(each.address.name, len(asked)) async for each in catalog.read(wanted)]
        finally:
            await catalog.close()

    read_by_then = asyncio.run(read())
    assert [name for name, _ in read_by_then] == names
    assert read_by_then[0][1] == 1
    assert read_by_then[199][1] == 2
