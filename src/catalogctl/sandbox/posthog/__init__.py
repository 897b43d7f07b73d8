"""The PostHog dialect: external data sources and schemas, mounted under ``/posthog``.

Written from the wire contract of the data warehouse's management API. Statements that the contract
itself marks as inferred say so in the docstrings here.

Not emulated: destinations, logs, the switching on and off of change capture at a source, its
prerequisites, stored credentials, one-shot setup, revenue analytics, access control by table.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from catalogctl.sandbox.clock import Clock
from catalogctl.sandbox.store import Store
from catalogctl.sandbox.wire import Request, Response

from . import keys
from .call import Call
from .discovery import refresh_quietly
from .eras import DEFAULT, ERAS
from .errors import ApiError, method_not_allowed, server_error
from .limits import Limits
from .records import Records
from .routes import Found, Router
from .runs import Runs
from .seeding import load
from .settings import Settings
from .world import World

_LOG = logging.getLogger(__name__)


class PostHog:
    """Answers calls as a server of the chosen era does."""

    prefix = "/posthog"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        era: str = DEFAULT,
        seed: Mapping[str, Any] | None = None,
    ) -> None:
        if era not in ERAS:
            raise ValueError(f"unknown era {era!r}; one of {', '.join(ERAS)}")
        self.era = ERAS[era]
        self.settings = Settings()
        self.records = Records(store)
        self.world = World(self.records)
        self._clock = clock
        self._runs = Runs(self.records, self.world, clock, self.settings, self.era)
        self._runs.discover = partial(refresh_quietly, self._runs)
        self._limits = Limits(self.settings)
        self._router = Router(self.era)
        self._seed = seed or {}
        if self.records.is_empty():
            self._load()
        # Kept aside: the log asks for names in the event loop, which must not wait for the store.
        self._keys = self.records.setup("key")

    def reset(self) -> None:
        """The seed anew; settings as they were at the start."""
        self.settings.change(Settings().describe())
        self._limits.clear()
        self.records.clear()
        self._load()

    def _load(self) -> None:
        load(self.records, self._runs, json.loads(json.dumps(self._seed)))

    def key(self, name: str = "full") -> str:
        """The value of a key by its name."""
        return str(self._keys[name]["value"])

    def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings; ``connections`` holds merge patches of simulated systems, by name."""
        own = dict(changes)
        for name, patch in own.pop("connections", {}).items():
            self.world.change(name, patch)
        self.settings.change(own)
        return self.settings.describe()

    def user_of(self, headers: Mapping[str, str]) -> str | None:
        return keys.name_of(self._keys, headers)

    def handle(self, request: Request) -> Response:
        try:
            found = self._router.find(request)
            response = self._answer(request, found)
        except ApiError as error:
            return error.response()
        except Exception:
            _LOG.exception("%s %s", request.method, request.path)
            return server_error().response()
        if found.legacy and self.era.newest:
            return _deprecated(request, response)
        return response

    def _answer(self, request: Request, found: Found) -> Response:
        """Authenticate, find the project, check the scope, count the call, then act."""
        key = keys.authenticate(self._keys, request)
        project = keys.project_of(self.records, key, found.project)
        method = "GET" if request.method == "HEAD" else request.method
        endpoint = found.methods.get(method)
        if endpoint is None:
            raise method_not_allowed(request.method)
        scope = endpoint.scope or (keys.WRITE if self.settings.bulk_for_keys else None)
        keys.check_scope(key, scope, self.era.newest)
        self._limits.count(project, self._clock.now_ms())
        self._runs.catch_up()
        call = Call(
            request, self.records, self.world, self._runs, self.era, self.settings, key, project
        )
        if method == "GET":
            return endpoint.handler(call, **found.place)
        # What was saved before an error stays saved, as on the server.
        with self.records.store.transaction(keep=(ApiError,)):
            return endpoint.handler(call, **found.place)


def _deprecated(request: Request, response: Response) -> Response:
    """The newest era answers the old path as before, and names the new one (values inferred)."""
    successor = request.path.replace("/api/environments/", "/api/projects/", 1)
    return Response(
        response.status,
        response.body,
        {
            **response.headers,
            "Deprecation": "true",
            "Sunset": "Thu, 31 Dec 2026 00:00:00 GMT",
            "Link": f'<{successor}>; rel="successor-version"',
        },
    )
