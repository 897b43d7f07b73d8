"""What every handler works with: the request, who asks, and the server's state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from catalogctl.sandbox.wire import Request, Response

from .access import User
from .errors import bad_bearer, bad_credentials, bare, coded, no_credentials
from .jobs import Jobs
from .records import Json, Records
from .settings import Settings
from .tokens import Tokens
from .world import World

PAGE = 100
T = TypeVar("T")


@dataclass
class Call:
    request: Request
    records: Records
    world: World
    tokens: Tokens
    jobs: Jobs
    settings: Settings
    user_or_none: User | None = None
    """Who asks; ``None`` on calls that want no token."""

    @property
    def caller(self) -> User:
        assert self.user_or_none is not None
        return self.user_or_none

    def user(self, name: str) -> User:
        content = self.records.one_setup("user", name)
        assert content is not None
        return User.of(name, content)

    def users(self) -> list[User]:
        return [User.of(name, entry) for name, entry in self.records.setup("user").items()]

    def authenticate(self) -> None:
        """``Token`` in any case, or a bearer; 403 if neither opens anything."""
        value = self.request.headers.get("token")
        bearer = value is None
        if value is None:
            scheme, _, value = self.request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not value.strip():
                raise no_credentials()
        token = self.tokens.usable(value.strip())
        if token is None:
            raise bad_bearer() if bearer else bad_credentials()
        self.user_or_none = self.user(token.user)

    def names(self) -> list[str]:
        """The names of the query's parameters, each once."""
        pairs = parse_qsl(self.request.query, keep_blank_values=True)
        return list(dict.fromkeys(name for name, _ in pairs))

    def body(self) -> object:
        """The body; a 400 in the framework's words if it is no JSON."""
        try:
            content: object = json.loads(self.request.body or b"null")
        except ValueError as error:
            raise bare(400, f"JSON parse error - {error}") from error
        return content

    def form_or_object(self) -> Json:
        """The fields sent, whichever of the two encodings they came in."""
        if "x-www-form-urlencoded" in self.request.headers.get("content-type", ""):
            return dict(parse_qsl(self.request.body.decode("utf-8", "replace")))
        content = self.body()
        if not isinstance(content, dict):
            raise bare(400, "Invalid data. Expected a dictionary.")
        return content

    def items(self, most: int) -> list[Json]:
        """The body of a write: always an array of objects, of a limited length."""
        content = self.body()
        if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
            raise coded(400, "Expected a list of items.")
        if len(content) > most:
            raise coded(400, f"At most {most} objects can be sent in a request.")
        return content

    def page(self, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
        """One page and the headers that lead to the next one; none at the end.

        The path of ``X-Next-Page`` is relative to the host that a client was given.
        """
        limit = min(self._number("limit", PAGE), self.settings.page_cap)
        skip = self._number("skip", 0)
        headers = {}
        if skip + limit < len(items):
            pairs = parse_qsl(self.request.query, keep_blank_values=True)
            pairs = [pair for pair in pairs if pair[0] != "skip"]
            query = urlencode([*pairs, ("skip", str(skip + limit))])
            headers["X-Next-Page"] = f"{self.request.path}?{query}"
        return list(items[skip : skip + limit]), headers

    def _number(self, name: str, default: int) -> int:
        """A bad number counts as none (inferred)."""
        text = self.request.parameter(name) or ""
        return int(text) if text.isdecimal() and (int(text) or name == "skip") else default

    def started(self, job_id: int) -> Response:
        return Response.json(202, {"job_id": job_id})
