"""Alation's own words for what went wrong, pages, and what passes while planning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogctl.config import Connection
from catalogctl.errors import BadResponse, InvalidError, WriteRefused
from catalogctl.providers import connect
from catalogctl.providers.alation.api import Api, explain, next_page
from catalogctl.providers.alation.tokens import CREATE, VALIDATE, is_rehearsal
from unit.providers.alation.fake import Fake, table


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Not found.", "code": "404000"}, "Not found."),
        (
            {
                "detail": "Incorrect input data.",
                "errors": [{"key": ["400068: API Key is a required input"]}, {}],
                "code": "400010",
            },
            "Incorrect input data. key: 400068: API Key is a required input",
        ),
        (
            {
                "title": "Invalid Payload",
                "detail": "Please check.",
                "errors": [{"non_field_errors": ["Object not found: attribute:999."]}],
            },
            "Please check. Object not found: attribute:999.",
        ),
        ({"detail": "Bad schema", "errors": ["Bad schema"]}, "Bad schema"),
        ({"detail": "Bad input", "errors": [{"key": ["x"]}]}, "Bad input: key: x"),
        ({"subject": ["Invalid otype"]}, "subject: Invalid otype"),
        ([{"options": ["Needed."]}, {}], "options: Needed."),
        ({"error": "invalid_client", "error_description": "Incorrect."}, "Incorrect."),
        ({"status": "failed", "code": "1"}, '{"status": "failed", "code": "1"}'),
        ([], "[]"),
    ],
)
def test_errors_are_told_in_any_of_their_shapes(body: Any, said: str) -> None:
    assert explain(400, json.dumps(body).encode()) == (400, said)


def test_a_body_that_is_no_json_stays_as_it_is() -> None:
    assert explain(500, b"<html>") == (500, "<html>")


# -- pages


@given(rows=st.integers(0, 40), cap=st.integers(1, 12))
def test_every_row_comes_once_whatever_the_cap(rows: int, cap: int) -> None:
    fake = Fake([table(id, f"t{id}") for id in range(rows)], cap=cap)

    async def ids(api: Api) -> list[int]:
        return [row.id async for page in api.tables({"ds_id": "8"}) for row in page]

    assert fake.run(ids) == list(range(rows))
    assert len(fake.asked) == max(1, -(-rows // cap))


@given(
    skip=st.integers(0, 10**6),
    rows=st.integers(1, 1000),
    link=st.sampled_from(
        [
            "/integration/v2/table/?skip={}",
            "https://elsewhere.example.com/x?limit=1000&skip={}",
            "/integration/v2/table/?ds_id=8&name=a&name=b&skip={}",
            "/integration/v2/table/?page=2",
            "?",
        ]
    ),
)
def test_the_next_page_keeps_the_filters_and_goes_forward(skip: int, rows: int, link: str) -> None:
    asked = {"ds_id": "8", "name": ["a", "b"], "skip": str(skip)}
    following = next_page(asked, link.format(skip + rows), rows)
    assert following is not None
    assert following["ds_id"] == "8"
    assert following["name"] == ["a", "b"]
    assert following["skip"] == str(skip + rows)


@pytest.mark.parametrize(("link", "rows"), [(None, 5), ("", 5), ("/x/?skip=5", 0)])
def test_the_last_page_has_no_link_or_no_rows(link: str | None, rows: int) -> None:
    assert next_page({}, link, rows) is None


def test_a_list_that_turns_in_circles_is_never_half_a_list() -> None:
    fake = Fake([table(1, "a"), table(2, "b")], cap=1)

    async def first_page(api: Api) -> list[Any]:
        return [page async for page in api.tables({})]

    page = fake._page

    def circling(kind: str, path: str, query: Any) -> Any:
        answer = page(kind, path, query)
        answer.headers["X-Next-Page"] = f"{path}?skip=1"
        return answer

    fake._page = circling  # type: ignore[method-assign]
    with pytest.raises(BadResponse, match="given already"):
        fake.run(first_page)


# -- while planning


@pytest.mark.parametrize(
    ("method", "path", "params", "passes"),
    [
        ("POST", CREATE, {}, True),
        ("POST", VALIDATE, {}, True),
        ("POST", CREATE, {"x": "1"}, False),
        ("PUT", CREATE, {}, False),
        ("POST", CREATE.rstrip("/"), {}, False),
        ("POST", "/integration/v1/revokeAPIAccessTokens/", {}, False),
        ("POST", "/api/v1/table/sync/", {}, False),
        ("PUT", "/integration/v2/custom_field_value/async/", {}, False),
        ("POST", "/x" + CREATE, {}, False),
    ],
)
def test_only_token_calls_pass_while_planning(
    method: str, path: str, params: dict[str, str], passes: bool
) -> None:
    assert is_rehearsal(method, path, params) is passes


def test_a_write_while_planning_is_stopped_before_it_is_sent() -> None:
    fake = Fake()

    async def write(api: Api) -> int:
        return await api.write_values([])

    with pytest.raises(WriteRefused):
        fake.run(write)
    assert fake.asked == []


def test_a_request_can_repeat_a_parameter_only_where_it_reads() -> None:
    fake = Fake()

    async def write(api: Api) -> Any:
        return await api.client.request("POST", CREATE, params={"x": ["1", "2"]})

    with pytest.raises(WriteRefused):
        fake.run(write)


# -- the configuration


@pytest.mark.parametrize(
    ("options", "said"), [({}, "user_id is missing"), ({"user_id": "ann"}, "user_id is no number")]
)
def test_a_refresh_token_needs_the_number_of_its_user(options: dict[str, str], said: str) -> None:
    connection = Connection("a", "alation", "https://x", refresh_token="r", options=options)
    with pytest.raises(InvalidError, match=said):
        connect(connection)
