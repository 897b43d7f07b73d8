"""Which handler answers which path, and the scope that a key needs for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from catalogctl.sandbox.wire import Request, Response

from . import bulk, creation, schemas, sources, webhooks
from .eras import Era
from .errors import not_found
from .keys import READ, WRITE

Handler = Callable[..., Response]
PATH = re.compile(r"/api/(projects|environments)/([^/]+)/external_data_(sources|schemas)(/.*)?")


@dataclass(frozen=True)
class Endpoint:
    handler: Handler
    scope: str | None
    """``None``: in none of the server's scope lists, so no API key may call it."""


@dataclass(frozen=True)
class Found:
    """What a path means, before anybody looked at the method or the key."""

    project: str
    legacy: bool
    """Whether the path has the old word, environments."""
    methods: dict[str, Endpoint]
    place: dict[str, Any]


class Router:
    """The routes of one era; a slash at the end of a path is optional."""

    def __init__(self, era: Era) -> None:
        self._routes: dict[tuple[str, str], dict[str, Endpoint]] = {}
        for method, path, handler, scope in _table(era):
            resource, _, rest = path.partition("/")
            self._routes.setdefault((resource, rest), {})[method] = Endpoint(handler, scope)

    def find(self, request: Request) -> Found:
        match = PATH.fullmatch(request.path)
        if match is None:
            raise not_found("Endpoint not found.")
        word, project, resource, rest = match.groups()
        parts = [unquote(part) for part in (rest or "").strip("/").split("/") if part]
        place: dict[str, Any] = {}
        template = "/".join(parts)
        if (resource, template) not in self._routes and parts:
            # A word that is no action is taken for an id, and one that is none is not found later.
            place["id"] = parts[0]
            template = "/".join(["{id}", *parts[1:]])
        methods = self._routes.get((resource, template))
        if methods is None:
            raise not_found("Endpoint not found.")
        return Found(unquote(project), word == "environments", methods, place)


def _table(era: Era) -> Iterator[tuple[str, str, Handler, str | None]]:
    yield "GET", "schemas/", schemas.list_all, READ
    yield "POST", "schemas/", schemas.post, WRITE
    yield "GET", "schemas/{id}", schemas.get, READ
    yield "PATCH", "schemas/{id}", schemas.patch, WRITE
    yield "PUT", "schemas/{id}", schemas.patch, WRITE
    yield "DELETE", "schemas/{id}", schemas.delete, WRITE
    yield "POST", "schemas/{id}/cancel", schemas.cancel, WRITE
    yield "DELETE", "schemas/{id}/delete_data", schemas.delete_data, WRITE
    yield "POST", "schemas/{id}/incremental_fields", schemas.incremental_fields, WRITE
    yield "POST", "schemas/{id}/reload", schemas.reload, WRITE
    yield "POST", "schemas/{id}/resync", schemas.resync, WRITE

    yield "GET", "sources/", sources.list_all, READ
    yield "POST", "sources/", creation.create, WRITE
    yield "GET", "sources/{id}", sources.get, READ
    yield "PATCH", "sources/{id}", sources.patch, WRITE
    yield "PUT", "sources/{id}", sources.put, WRITE
    yield "DELETE", "sources/{id}", sources.delete, WRITE
    yield "POST", "sources/{id}/reload", sources.reload, WRITE
    yield "POST", "sources/{id}/refresh_schemas", sources.refresh_schemas, WRITE
    # The scope in the middle era is unknown; refusing is what a client must survive.
    yield "PATCH", "sources/{id}/bulk_update_schemas", bulk.update, WRITE if era.newest else None
    yield "GET", "sources/{id}/jobs", sources.jobs, READ
    yield "POST", "sources/{id}/create_webhook", webhooks.create, WRITE
    yield "POST", "sources/{id}/update_webhook_inputs", webhooks.update_inputs, WRITE
    yield "POST", "sources/{id}/delete_webhook", webhooks.delete, WRITE
    yield "GET", "sources/{id}/webhook_info", webhooks.info, READ
    yield "POST", "sources/database_schema", creation.database_schema, WRITE
    yield "POST", "sources/source_prefix", creation.source_prefix, WRITE
    yield "GET", "sources/wizard", sources.wizard, READ
    yield "GET", "sources/connections", sources.connections, READ
