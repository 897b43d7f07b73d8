"""Which handler answers which path, and what is refused before a handler is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote

from catalogctl.sandbox.wire import Request, Response

from . import csvjobs, events, resources, system
from .behaviour import Behaviour
from .call import Call, Settings
from .errors import HttpError
from .kinds import KINDS, Kind

Handler = Callable[..., Response]
JSON = "application/json"
PATCH_JSON = "application/json-patch+json"
TEXT = "text/plain"
PUBLIC = ("/v1/system/version", "/v1/system/health", "/v1/system/config/auth", "/v1/users/login")
MESSAGING = "services/messagingServices"
CSV_KINDS = ("table", "databaseSchema", "database", "databaseService", "messagingService")


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    consumes: str | None
    produces: str
    csv: bool = False


def _route(
    method: str,
    template: str,
    handler: Handler,
    consumes: str | None = None,
    produces: str = JSON,
    csv: bool = False,
) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
    return Route(method, re.compile(f"/v1/{pattern}/?"), handler, consumes, produces, csv)


@dataclass(frozen=True)
class Found:
    handler: Callable[[Call], Response]
    public: bool


class Router:
    """The routes of one server version."""

    def __init__(self, behaviour: Behaviour, settings: Settings) -> None:
        self._settings = settings
        self._general = list(_general(behaviour))
        self._of_kind = {kind.collection: list(_of_kind(kind, behaviour)) for kind in KINDS}

    def find(self, request: Request) -> Found:
        """The handler for a request; 404, 405, 406 or 415 as the HTTP layer decides."""
        path = request.path.removeprefix("/api")
        candidates = [
            (route, match)
            for route in self._candidates(path)
            if (match := route.pattern.fullmatch(path))
        ]
        if not candidates:
            raise HttpError(404)
        method = "GET" if request.method == "HEAD" else request.method
        for route, match in candidates:
            if route.method == method:
                _check_media(route, request)
                place = {name: unquote(value) for name, value in match.groupdict().items()}
                return Found(partial(route.handler, **place), path in PUBLIC)
        raise HttpError(405)

    def _candidates(self, path: str) -> Iterator[Route]:
        yield from self._general
        parts = path.removeprefix("/v1/").split("/")
        collection = "/".join(parts[: 2 if parts[0] == "services" else 1])
        no_csv = collection == MESSAGING and self._settings.messaging_csv == "off"
        for route in self._of_kind.get(collection, []):
            if not (no_csv and route.csv):
                yield route


def _check_media(route: Route, request: Request) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # A missing type is taken for text, as in the importer, but not for JSON (recorded).
    if route.consumes and request.method in ("PUT", "POST", "PATCH"):
        optional = route.consumes == TEXT or not request.body
        if sent != route.consumes and not (optional and not sent):
            raise HttpError(415)
    accept = request.headers.get("accept", "*/*")
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    family = route.produces.partition("/")[0] + "/*"
    if not wanted & {"*/*", "", route.produces, family}:
        raise HttpError(406)


def _general(behaviour: Behaviour) -> Iterator[Route]:
    yield _route("GET", "system/version", system.version)
    yield _route("GET", "system/config/auth", system.auth_config)
    yield _route("POST", "users/login", system.login, JSON)
    yield _route("GET", "users/loggedInUser", system.logged_in_user)
    yield _route("GET", "users/loggedInUser/groupTeams", system.group_teams)
    yield _route("GET", "users/token/{id}", system.bot_token)
    yield _route("GET", "permissions", system.permissions_all)
    yield _route("GET", "permissions/{resource}", system.permissions_of)
    yield _route("GET", "permissions/{resource}/name/{fqn}", system.permissions_by_name)
    yield _route("GET", "permissions/{resource}/{id}", system.permissions_by_id)
    yield _route("GET", "events", events.listing)
    if behaviour.async_csv:
        yield _route("GET", "system/health", system.health)
        yield _route("GET", "csvAsyncJobs", csvjobs.listing)
        yield _route("GET", "csvAsyncJobs/{job_id}", csvjobs.status)
        yield _route("GET", "csvAsyncJobs/{job_id}/result", csvjobs.result, produces="text/csv")
        yield _route("GET", "csvAsyncJobs/{job_id}/importResult", csvjobs.import_result)
        yield _route("PUT", "csvAsyncJobs/{job_id}/cancel", csvjobs.cancel)


def _of_kind(kind: Kind, behaviour: Behaviour) -> Iterator[Route]:
    def route(method: str, path: str, handler: Callable[..., Response], *media: Any) -> Route:
        template = f"{kind.collection}/{path}".rstrip("/")
        return _route(method, template, partial(_with_kind, handler, kind), *media)

    yield route("GET", "", resources.list_all)
    yield route("POST", "", resources.post, JSON)
    yield route("PUT", "", resources.put, JSON)
    yield route("PUT", "restore", resources.restore, JSON)
    for place in ("{id}", "name/{fqn}"):
        yield route("GET", place, resources.get)
        yield route("PATCH", place, resources.patch, PATCH_JSON)
        yield route("DELETE", place, resources.delete)
    yield route("GET", "{id}/versions", resources.versions)
    yield route("GET", "{id}/versions/{version}", resources.version)
    if kind.has_followers(behaviour):
        yield route("PUT", "{id}/followers", resources.follow, JSON)
        yield route("DELETE", "{id}/followers/{userId}", resources.unfollow)
    if kind.has_votes(behaviour):
        yield route("PUT", "{id}/vote", resources.vote, JSON)
    if kind.type == "table" and behaviour.column_paging:
        yield route("GET", "{id}/columns", resources.column_page)
        yield route("GET", "name/{fqn}/columns", resources.column_page)
    if kind.type in CSV_KINDS:
        yield from _csv(route, behaviour)


def _csv(route: Callable[..., Route], behaviour: Behaviour) -> Iterator[Route]:
    yield route("GET", "name/{fqn}/export", resources.export, None, TEXT, True)
    yield route("PUT", "name/{fqn}/import", resources.import_, TEXT, JSON, True)
    if behaviour.async_csv:
        yield route("GET", "name/{fqn}/exportAsync", resources.export_async, None, JSON, True)
        yield route("PUT", "name/{fqn}/importAsync", resources.import_async, TEXT, JSON, True)


def _with_kind(handler: Callable[..., Response], kind: Kind, call: Call, **place: str) -> Response:
    return handler(call, kind, **place)
