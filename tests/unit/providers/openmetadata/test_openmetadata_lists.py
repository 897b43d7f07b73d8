"""Pages of a list, from servers that omit what is null and from those that do not."""

from __future__ import annotations

import httpx
import pytest

from catalogctl.client import Response
from catalogctl.errors import BadResponse
from catalogctl.providers.openmetadata import api

ROW = '{"id": "1", "fullyQualifiedName": "a.b.c.t"%s}'


def listed(body: str) -> api.Listed:
    return api._listed(Response(200, httpx.Headers(), body.encode(), "om", "list the tables"))


@pytest.mark.parametrize("paging", ['{"total": 1}', '{"total": 1, "after": null}', "null"])
@pytest.mark.parametrize("row", ["", ', "tags": null, "columns": [{"name": "c", "tags": null}]'])
def test_what_is_null_is_as_if_it_were_left_out(paging: str, row: str) -> None:
    page = listed(f'{{"data": [{ROW % row}], "paging": {paging}}}')
    assert page.paging.after is None
    (entity,) = page
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
        list(page)
