"""Access tokens: made from a refresh token and renewed, or given and only judged.

An access token lasts a day by default; an expired one is answered with 403 as any lack of rights
is. So after a 401 or 403 the token itself is looked at first: only when it is at fault is a new one
made and the call repeated. Sources: Alation's documentation of its token calls, and its SDK's
tests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from catalogctl.client import Client, Response
from catalogctl.errors import BadResponse, CatalogError, Forbidden, Unauthorized
from catalogctl.providers.alation.wire import AccessToken

CREATE = "/integration/v1/createAPIAccessToken/"
VALIDATE = "/integration/v1/validateAPIAccessToken/"
USERINFO = "/integration/v1/userinfo/"
MARGIN = 60.0
"""Seconds before its end from which a token is renewed; of a short one, a tenth of its life."""

_NEW_TOKEN = "make a new one in Alation, or configure refresh_token and user_id"
_NEW_REFRESH = "make a new one in Alation (/account/auth), and see that user_id belongs to it"
_decoder = msgspec.json.Decoder(AccessToken)


def is_rehearsal(method: str, path: str, params: Mapping[str, str]) -> bool:
    """What may be sent while planning besides reads: the calls that make and judge a token."""
    return method == "POST" and path in (CREATE, VALIDATE) and not params


class Tokens:
    """The access token that a client sends. Either `token` or `refresh_token` is given.

    `user_id` goes with a refresh token; with a token it only helps to tell why it is refused.
    """

    def __init__(
        self,
        client: Client,
        *,
        token: str = "",
        refresh_token: str = "",
        user_id: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._token = token
        self._refresh_token = refresh_token
        self._user_id = user_id
        self._clock = clock
        self._renew_at = 0.0
        self._made = 0
        self._lock = asyncio.Lock()

    async def ready(self) -> int:
        """See that there is a token that lasts a while; its number tells it from later ones."""
        if self._refresh_token and self._clock() >= self._renew_at:
            async with self._lock:
                if self._clock() >= self._renew_at:  # nobody else has made one meanwhile
                    await self._make()
        return self._made

    async def renewed(self, number: int, path: str) -> bool:
        """After a call with this token was refused: whether it may fare better with another one.

        False when the token is good, and the user lacks the right. Raises `Unauthorized` when no
        token can be had.
        """
        async with self._lock:
            if self._made != number:
                return True
            active = await self._is_active(path)
            if active:
                return False
            if self._refresh_token:
                await self._make()
                return True
        if active is None:
            return False
        raise Unauthorized(
            "the API access token is not accepted: it has expired, was revoked, or is wrong",
            catalog=self._client.catalog,
            operation="log in",
            hint=_NEW_TOKEN,
        )

    async def _is_active(self, path: str) -> bool | None:
        """Whether the token is good. None when that cannot be learnt.

        Without a user id, which the call that judges tokens needs, a call tells that every user
        may make.
        """
        try:
            if self._user_id is None:
                if path != USERINFO:
                    await self._client.request("GET", USERINFO, operation="read the user")
                    return True
                return False
            body = {"api_access_token": self._token, "user_id": self._user_id}
            answer = await self._post(VALIDATE, body, "look at the access token")
        except (Unauthorized, Forbidden):
            return False
        except CatalogError:
            return None
        return (answer.token_status or "").upper() == "ACTIVE"

    async def _make(self) -> None:
        body = {"refresh_token": self._refresh_token, "user_id": self._user_id}
        refused = None
        try:
            answer = await self._post(CREATE, body, "make an access token")
        except (Unauthorized, Forbidden) as problem:
            refused = problem
        if refused is not None:
            raise Unauthorized(
                f"the refresh token is not accepted: {refused.message}",
                catalog=refused.catalog,
                operation=refused.operation,
                status=refused.status,
                hint=_NEW_REFRESH,
            )
        self._token = answer.api_access_token or ""
        self._made += 1
        self._client.authorize({"Token": self._token})
        life = _lifetime(answer)
        self._renew_at = self._clock() + life - min(MARGIN, life / 10)

    async def _post(self, path: str, body: Mapping[str, object], operation: str) -> AccessToken:
        # Making one token too many is harmless, and so is looking twice.
        response = await self._client.request(
            "POST", path, json=body, repeatable=True, operation=operation
        )
        answer = _decoded(response)
        if (answer.status or "").lower() == "failed":
            raise Unauthorized(
                "it is not valid",
                catalog=response.catalog,
                operation=operation,
            )
        if path == CREATE and not answer.api_access_token:
            raise _unclear(response)
        return answer


def _decoded(response: Response) -> AccessToken:
    try:
        return _decoder.decode(response.content)
    except msgspec.DecodeError:
        pass
    response.json()  # says what came instead, when it is not JSON at all
    raise _unclear(response)


def _unclear(response: Response) -> BadResponse:
    return BadResponse(
        "answered JSON without a token",
        catalog=response.catalog,
        operation=response.operation,
        status=response.status,
    )


def _lifetime(answer: AccessToken) -> float:
    """Seconds from its making to its end, by the server's clock alone; for ever if untold."""
    made, ends = _time(answer.created_at), _time(answer.token_expires_at)
    if made is None or ends is None or (made.tzinfo is None) != (ends.tzinfo is None):
        return float("inf")
    life = (ends - made).total_seconds()
    return life if life > 0 else float("inf")


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
