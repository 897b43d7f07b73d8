"""Refresh tokens and API access tokens, and the calls that make, check and revoke them.

None of these calls needs a token in a header. An expired token is told with a 200 and the status
``EXPIRED`` by the calls that validate; making an access token of it fails (inferred).
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from catalogctl.sandbox.clock import Clock
from catalogctl.sandbox.wire import Response

from .access import User
from .errors import ApiError, coded
from .records import Json, Records
from .settings import Settings

if TYPE_CHECKING:
    from .call import Call

HOUR_MS = 3_600_000


def stamp(moment_ms: int) -> str:
    """ISO 8601 with microseconds and ``Z``."""
    moment = datetime.fromtimestamp(moment_ms / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Token:
    value: str
    kind: str
    """"refresh", "access" or "oauth"."""
    user: str
    created_ms: int
    expires_ms: int
    id: int = 0
    name: str = ""
    refresh: str = ""
    """The refresh token that an access token was made of."""
    revoked: bool = False


class Tokens:
    """All tokens that were ever made; kept in memory too, for the log must not wait."""

    def __init__(self, records: Records, clock: Clock, settings: Settings) -> None:
        self._records, self._clock, self._settings = records, clock, settings
        self._known = {value: Token(**content) for value, content in records.setup("token").items()}

    def clear(self) -> None:
        self._known.clear()

    def make(
        self,
        kind: str,
        user: str,
        *,
        value: str | None = None,
        seconds: float | None = None,
        name: str = "",
        refresh: str = "",
    ) -> Token:
        lifetimes = {
            "refresh": self._settings.refresh_token_days * 24 * HOUR_MS,
            "access": self._settings.access_token_hours * HOUR_MS,
        }
        lifetime = lifetimes[kind] if seconds is None else seconds * 1000
        now = self._clock.now_ms()
        token = Token(
            value or secrets.token_urlsafe(32),
            kind,
            user,
            now,
            now + int(lifetime),
            id=self._records.next_id("token"),
            name=name,
            refresh=refresh,
        )
        self._save(token)
        return token

    def revoke_made_of(self, refresh: Token) -> None:
        for token in list(self._known.values()):
            if token.refresh == refresh.value:
                token.revoked = True
                self._save(token)

    def find(self, kind: str, value: object) -> Token | None:
        """A token that was made and not revoked; it may be expired."""
        token = self._known.get(str(value))
        return None if token is None or token.kind != kind or token.revoked else token

    def usable(self, value: str) -> Token | None:
        """The token that opens data calls with this value."""
        token = self.find("access", value) or self.find("oauth", value)
        return token if token is not None and not self.expired(token) else None

    def expired(self, token: Token) -> bool:
        return token.expires_ms <= self._clock.now_ms()

    def owner(self, value: str) -> str | None:
        """The user of any token, whatever became of it."""
        token = self._known.get(value)
        return None if token is None else token.user

    def _save(self, token: Token) -> None:
        self._known[token.value] = token
        self._records.put_setup("token", token.value, asdict(token))


def create_refresh(call: Call) -> Response:
    """``createRefreshToken``: by user name (or mail address) and password."""
    username, password, name = _required(call, "username", "password", "name")
    for user in call.users():
        if username in (user.name, user.email) and password == user.password:
            token = call.tokens.make("refresh", user.name, name=str(name))
            return Response.json(201, _refresh_json(call, token, user))
    raise _failed(call, "Username or password provided is invalid.")


def create_access(call: Call) -> Response:
    """``createAPIAccessToken``: JSON or form."""
    refresh, user = _refresh_token(call)
    if call.tokens.expired(refresh):
        raise _failed(call, "Refresh token provided is expired.")
    token = call.tokens.make("access", user.name, refresh=refresh.value)
    return Response.json(201, _access_json(call, token, user))


def validate_refresh(call: Call) -> Response:
    token, user = _refresh_token(call)
    return Response.json(200, _refresh_json(call, token, user))


def validate_access(call: Call) -> Response:
    value, user_id = _required(call, "api_access_token", "user_id")
    token = call.tokens.find("access", value)
    if token is None or str(call.user(token.user).id) != str(user_id):
        raise _failed(call, "API Access Token provided is invalid.")
    return Response.json(200, _access_json(call, token, call.user(token.user)))


def revoke(call: Call) -> Response:
    """``revokeAPIAccessTokens``: all that were made of a refresh token."""
    token, _ = _refresh_token(call)
    call.tokens.revoke_made_of(token)
    name = f"'{token.name}' with id: {token.id}"
    return Response.json(200, {"detail": f"Revoked active access tokens for refresh token: {name}"})


def userinfo(call: Call) -> Response:
    return Response.json(200, call.caller.describe())


def _refresh_token(call: Call) -> tuple[Token, User]:
    value, user_id = _required(call, "refresh_token", "user_id")
    token = call.tokens.find("refresh", value)
    if token is None or str(call.user(token.user).id) != str(user_id):
        raise _failed(call, "Refresh token provided is invalid.")
    return token, call.user(token.user)


def _required(call: Call, *names: str) -> list[object]:
    body = call.form_or_object()
    missing = {name: ["This field is required."] for name in names if not body.get(name)}
    if missing:
        raise ApiError(400, missing)
    return [body[name] for name in names]


def _failed(call: Call, reason: str) -> ApiError:
    """401, or by switch the 200 that some failures were seen as."""
    if call.settings.token_errors_as_200:
        return ApiError(200, {"status": "failed", "detail": reason, "code": "401000"})
    return coded(401, reason)


def _common(call: Call, token: Token, user: User) -> Json:
    return {
        "user_id": user.id,
        "created_at": stamp(token.created_ms),
        "token_expires_at": stamp(token.expires_ms),
        "token_status": "EXPIRED" if call.tokens.expired(token) else "ACTIVE",
    }


def _access_json(call: Call, token: Token, user: User) -> Json:
    return {"api_access_token": token.value, **_common(call, token, user)}


def _refresh_json(call: Call, token: Token, user: User) -> Json:
    return {
        "refresh_token": token.value,
        "name": token.name,
        "last_used_at": None,
        **_common(call, token, user),
    }
