"""Access tokens: made, renewed once for all, and judged before anybody is blamed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from catalogctl.errors import CatalogError, Forbidden, Unauthorized
from catalogctl.providers.alation.api import Api
from catalogctl.providers.alation.tokens import CREATE, USERINFO, VALIDATE
from unit.providers.alation.fake import Answer, Fake, body

REFRESH = {"refresh_token": "the-refresh-token", "user_id": 7}
MADE = "2026-11-25T14:00:00.500000Z"


class Server(Fake):
    """Knows which access token is good, and how long one lasts."""

    def __init__(self, *, life: str = "2026-11-26T14:00:00.500000Z") -> None:
        super().__init__()
        self.life = life
        self.made = 0
        self.good = "the-token"
        user = self.answers[f"GET {USERINFO}"]
        for path in (USERINFO, "/integration/v2/custom_field/"):
            answer: Any = user if path == USERINFO else (200, [])
            self.answers[f"GET {path}"] = self.only_with_a_good_token(answer)
        self.answers[f"POST {CREATE}"] = self.create
        self.answers[f"POST {VALIDATE}"] = self.validate

    def only_with_a_good_token(self, answer: Answer) -> Callable[[httpx.Request], Answer]:
        def handler(request: httpx.Request) -> Answer:
            good = request.headers.get("token") == self.good
            return answer if good else (403, {"detail": "No.", "code": "403000"})

        return handler

    async def create(self, request: httpx.Request) -> Answer:
        assert body(request) == REFRESH
        assert "token" not in request.headers or request.headers["token"] != "the-token"
        await asyncio.sleep(0.01)
        self.made += 1
        self.good = f"access-{self.made}"
        times = {"created_at": MADE, "token_expires_at": self.life}
        return 201, {"api_access_token": self.good, "user_id": 7, **times}

    def validate(self, request: httpx.Request) -> Answer:
        if body(request)["api_access_token"] != self.good:
            said = {"detail": "API Access Token provided is invalid.", "code": "401000"}
            return 401, said
        return 200, {"token_status": "ACTIVE"}


async def fields(api: Api) -> int:
    return len([page async for page in api.custom_fields()])


def test_a_token_is_made_at_the_first_call_and_kept() -> None:
    server = Server()

    async def work(api: Api) -> None:
        await asyncio.gather(*(fields(api) for _ in range(5)))
        await fields(api)

    server.run(work, **REFRESH)
    assert server.made == 1


def test_a_token_is_renewed_before_its_end() -> None:
    server = Server(life="2026-11-25T14:10:00.500000Z")
    now = 1000.0

    async def work(api: Api) -> list[int]:
        nonlocal now
        made = []
        for seconds in (0, 500, 45, 500):
            now += seconds
            await fields(api)
            made.append(server.made)
        return made

    # it lasts 600 seconds, and is renewed 60 before they are over
    assert server.run(work, **REFRESH, clock=lambda: now) == [1, 1, 2, 2]


@pytest.mark.parametrize("life", ["", "nonsense", "2026-11-25T13:00:00Z", "2026-11-26T14:00:00"])
def test_a_token_without_a_sensible_end_is_kept_until_it_is_refused(life: str) -> None:
    server = Server(life=life)

    async def work(api: Api) -> None:
        await fields(api)
        await fields(api)

    server.run(work, **REFRESH)
    assert server.made == 1


def test_many_refused_calls_share_one_new_token() -> None:
    server = Server()

    async def work(api: Api) -> None:
        await fields(api)
        server.good = "revoked"
        await asyncio.gather(*(fields(api) for _ in range(5)))

    server.run(work, **REFRESH)
    assert server.made == 2


def test_a_user_without_the_right_keeps_the_token() -> None:
    server = Server()
    server.answers["GET /integration/v2/custom_field/"] = (403, {"detail": "Not yours."})
    with pytest.raises(Forbidden, match="Not yours"):
        server.run(fields, **REFRESH)
    assert server.made == 1
    assert len(server.calls("custom_field")) == 1


def test_a_call_that_is_refused_twice_is_not_tried_again() -> None:
    server = Server()
    server.answers["GET /integration/v2/custom_field/"] = (403, {"detail": "Never."})
    server.answers[f"POST {VALIDATE}"] = (404, {"detail": "Not found."})
    with pytest.raises(Forbidden, match="Never"):
        server.run(fields, **REFRESH)
    assert server.made == 2
    assert len(server.calls("custom_field")) == 2


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"detail": "Refresh token provided is invalid.", "code": "401000"}),
        (403, {"detail": "Refresh token provided is invalid."}),
        (200, {"status": "failed", "detail": "the-refresh-token is unknown"}),
    ],
)
def test_a_refresh_token_that_is_refused_is_blamed(answer: Answer) -> None:
    server = Server()
    server.answers[f"POST {CREATE}"] = answer
    with pytest.raises(Unauthorized) as caught:
        server.run(fields, **REFRESH)
    assert "the refresh token is not accepted" in str(caught.value)
    assert "/account/auth" in str(caught.value)
    assert "the-refresh-token" not in str(caught.value)


@pytest.mark.parametrize("answer", [(200, {}), (200, []), (200, {"api_access_token": 7})])
def test_an_answer_without_a_token_is_none(answer: Answer) -> None:
    server = Server()
    server.answers[f"POST {CREATE}"] = answer
    with pytest.raises(CatalogError, match="JSON without a token"):
        server.run(fields, **REFRESH)


@pytest.mark.parametrize("user_id", [None, 7])
def test_a_given_token_that_is_no_good_any_more_is_blamed(user_id: int | None) -> None:
    server = Server()
    server.good = "another"
    for work in (fields, Api.user):
        with pytest.raises(Unauthorized, match="it has expired, was revoked, or is wrong"):
            server.run(work, token="the-token", user_id=user_id)
    assert (user_id is None) == (server.calls(VALIDATE) == [])


@pytest.mark.parametrize("user_id", [None, 7])
def test_a_given_token_that_is_good_leaves_the_refusal_as_it_is(user_id: int | None) -> None:
    server = Server()
    server.answers["GET /integration/v2/custom_field/"] = (403, {"detail": "Not yours."})
    with pytest.raises(Forbidden, match="Not yours"):
        server.run(fields, token="the-token", user_id=user_id)


def test_no_new_token_reaches_an_error() -> None:
    server = Server()
    server.answers["GET /integration/v2/custom_field/"] = lambda request: (
        400,
        {"detail": f"{request.headers['token']} and the-refresh-token"},
    )
    with pytest.raises(CatalogError) as caught:
        server.run(fields, **REFRESH)
    assert str(caught.value).count("***") == 2
