"""Which handler answers which path, and whether it wants a token."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from catalogctl.sandbox.wire import Request, Response

from . import datasources, fields, jobs, listing, oauth, tokens, trigger, values, writing
from .errors import method_not_allowed, no_such_page

Handler = Callable[..., Response]
PATCH_SINCE = "2025.3"


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Handler
    open: bool = False
    """Whether it wants no token, or looks at tokens itself."""
    slash: bool = True
    """Whether the path must end in a slash."""


@dataclass(frozen=True)
class Found:
    route: Route
    place: dict[str, Any]


def redirect(request: Request) -> Response | None:
    """A path without its last slash leads to the one that has it; a body is lost on the way."""
    if request.path.endswith("/"):
        return None
    mount = "/" + request.base_url.partition("://")[2].partition("/")[2]
    query = f"?{request.query}" if request.query else ""
    return Response(301, b"", {"Location": f"{mount}{request.path}/{query}"})


class Router:
    """The routes of one version."""

    def __init__(self, version: str) -> None:
        self._routes = [
            (re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path)), route)
            for route in TABLE
            if route.method != "PATCH" or _number(version) >= _number(PATCH_SINCE)
        ]

    def find(self, request: Request) -> Found | Response:
        """The route of a call, or the redirect to the path with a slash."""
        exact = self._matching(request.path)
        if not exact:
            moved = redirect(request)
            if moved is None or not self._matching(f"{request.path}/"):
                raise no_such_page()
            return moved
        method = "GET" if request.method == "HEAD" else request.method
        for route, place in exact:
            if route.method == method:
                return Found(route, place)
        raise method_not_allowed(request.method, sorted({route.method for route, _ in exact}))

    def _matching(self, path: str) -> list[tuple[Route, dict[str, Any]]]:
        found = []
        for pattern, route in self._routes:
            match = pattern.fullmatch(path)
            if match or (not route.slash and (match := pattern.fullmatch(f"{path}/"))):
                found.append((route, match.groupdict()))
        return found


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


V1, V2 = "/integration/v1", "/integration/v2"
TABLE = (
    Route("POST", "/api/v1/table/sync/", trigger.sync, open=True),
    Route("GET", "/api/v1/bulk_metadata/job/", jobs.show),
    Route("POST", f"{V1}/createRefreshToken/", tokens.create_refresh, open=True),
    Route("POST", f"{V1}/createAPIAccessToken/", tokens.create_access, open=True),
    Route("POST", f"{V1}/validateRefreshToken/", tokens.validate_refresh, open=True),
    Route("POST", f"{V1}/validateAPIAccessToken/", tokens.validate_access, open=True),
    Route("POST", f"{V1}/revokeAPIAccessTokens/", tokens.revoke, open=True),
    Route("GET", f"{V1}/userinfo/", tokens.userinfo),
    Route("POST", "/oauth/v2/token/", oauth.token, open=True, slash=False),
    Route("GET", f"{V2}/datasource/", datasources.list_all),
    Route("GET", f"{V2}/datasource/{{id}}/", datasources.get),
    Route("GET", f"{V2}/schema/", listing.schemas),
    Route("POST", f"{V2}/schema/", partial(writing.post, kind=writing.SCHEMA)),
    Route("PATCH", f"{V2}/schema/", partial(writing.patch, kind=writing.SCHEMA)),
    Route("GET", f"{V2}/table/", listing.tables),
    Route("POST", f"{V2}/table/", partial(writing.post, kind=writing.TABLES)),
    Route("PATCH", f"{V2}/table/", partial(writing.patch, kind=writing.TABLES)),
    Route("GET", f"{V2}/column/", listing.columns),
    Route("POST", f"{V2}/column/", partial(writing.post, kind=writing.COLUMNS)),
    Route("PATCH", f"{V2}/column/", partial(writing.patch, kind=writing.COLUMNS)),
    Route("GET", f"{V2}/custom_field/", fields.list_all),
    Route("GET", f"{V2}/custom_field/{{id}}/", fields.get),
    Route("GET", f"{V2}/custom_field/builtin/{{name}}/", fields.built_in),
    Route("GET", f"{V2}/custom_field_value/", values.list_all),
    Route("PUT", f"{V2}/custom_field_value/", values.put),
    Route("PUT", f"{V2}/custom_field_value/async/", values.put_async),
)
